import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { IDEMPOTENCY_KEY_KEPT_HOURS } from '../../../shared/contract/limits.ts';
import { writeFileAtomic } from '../../../shared/runtime/write-file.ts';
import { tallySchema } from './tally.ts';

const time = z.iso.datetime().transform((text) => new Date(text));

const storedRun = z.object({
  runId: z.string(),
  shopId: z.string(),
  startedAt: time,
  savedAt: time,
  isFinished: z.boolean(),
  done: z.object({ before: z.int().min(0), beyond: z.array(z.int().min(0)) }),
  tally: tallySchema,
});

/** A run as it is kept: enough to go on where it was interrupted. */
export type StoredRun = z.output<typeof storedRun>;

/** What makes two commands the same run. */
export interface RunInputs {
  readonly catalogHash: string;
  readonly invoicesHash: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly stock: string | number;
  readonly onError: string;
}

/** After this long the system may have forgotten which invoices it was given. */
const RESUMABLE_MS_MAX = (IDEMPOTENCY_KEY_KEPT_HOURS - 1) * 60 * 60 * 1_000;
const HASH_LENGTH = 16;
const RUN_ID_BYTES = 8;
const MODE = 0o600;

/** A new run’s id, random; its idempotency keys are made with it. */
export function newRunId(): string {
  return randomBytes(RUN_ID_BYTES).toString('hex');
}

/** Where the state of a run with these inputs is kept. */
export function runStatePath(dataDir: string, inputs: RunInputs): string {
  const { catalogHash, invoicesHash, from, to, stock, onError } = inputs;
  const parts = JSON.stringify([catalogHash, invoicesHash, from, to, stock, onError]);
  const hash = createHash('sha256').update(parts).digest('hex').slice(0, HASH_LENGTH);
  return join(dataDir, `replay-${hash}.json`);
}

/** Writes the state of a run for its owner only; after a crash it is the old or the new one. */
export async function saveRun(path: string, run: StoredRun): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(run)}\n`, MODE);
}

/** What to do, and why, in words for a person. */
export type Beginning =
  | { readonly kind: 'resume'; readonly run: StoredRun; readonly why: string }
  | { readonly kind: 'anew'; readonly why: string };

/** Whether the run that is kept at `path` is to be continued. */
export async function openRun(
  path: string,
  now: { readonly shopId: string; readonly restart: boolean; readonly at: Date },
): Promise<Beginning> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return { kind: 'anew', why: 'a new run' };
  const run = parseRun(text);
  if (run === undefined)
    return { kind: 'anew', why: 'a new run: the state of the last is damaged' };
  if (run.isFinished) return { kind: 'anew', why: 'a new run: the last one finished' };
  if (now.restart) return { kind: 'anew', why: 'a new run, as --restart asks' };
  if (run.shopId !== now.shopId) {
    return { kind: 'anew', why: 'a new run: the last one was in another shop or database' };
  }
  if (now.at.getTime() - run.savedAt.getTime() > RESUMABLE_MS_MAX) {
    const hours = IDEMPOTENCY_KEY_KEPT_HOURS - 1;
    return { kind: 'anew', why: `a new run: the last one stopped more than ${hours} hours ago` };
  }
  return { kind: 'resume', run, why: 'continued' };
}

function parseRun(text: string): StoredRun | undefined {
  try {
    return storedRun.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
