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

/** The stored state of a run, from which it continues after an interruption. */
export type StoredRun = z.output<typeof storedRun>;

/** The inputs that identify a run. */
export interface RunInputs {
  readonly catalogHash: string;
  readonly invoicesHash: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly stock: string | number;
  readonly onError: string;
}

/** After this time, the system may have deleted the idempotency keys of the run. */
const RESUMABLE_MS_MAX = (IDEMPOTENCY_KEY_KEPT_HOURS - 1) * 60 * 60 * 1_000;
const HASH_LENGTH = 16;
const RUN_ID_BYTES = 8;
const MODE = 0o600;

/** Creates a random run id, which becomes part of the idempotency keys. */
export function newRunId(): string {
  return randomBytes(RUN_ID_BYTES).toString('hex');
}

/** Returns the path of the state of a run with these inputs. */
export function runStatePath(dataDir: string, inputs: RunInputs): string {
  const { catalogHash, invoicesHash, from, to, stock, onError } = inputs;
  const parts = JSON.stringify([catalogHash, invoicesHash, from, to, stock, onError]);
  const hash = createHash('sha256').update(parts).digest('hex').slice(0, HASH_LENGTH);
  return join(dataDir, `replay-${hash}.json`);
}

/** Writes the state of a run atomically to a file that only its owner can read. */
export async function saveRun(path: string, run: StoredRun): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(run)}\n`, MODE);
}

/** Whether to continue or start a run, with the reason as text. */
export type Beginning =
  | { readonly kind: 'resume'; readonly run: StoredRun; readonly why: string }
  | { readonly kind: 'new'; readonly why: string };

/** Decides whether to continue the run stored at `path`. */
export async function openRun(
  path: string,
  now: { readonly shopId: string; readonly restart: boolean; readonly at: Date },
): Promise<Beginning> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return { kind: 'new', why: 'a new run' };
  const run = parseRun(text);
  if (run === undefined)
    return { kind: 'new', why: 'a new run: the state of the last run is damaged' };
  if (run.isFinished) return { kind: 'new', why: 'a new run: the last run finished' };
  if (now.restart) return { kind: 'new', why: 'a new run because of --restart' };
  if (run.shopId !== now.shopId) {
    return { kind: 'new', why: 'a new run: the last run was for a different shop or database' };
  }
  if (now.at.getTime() - run.savedAt.getTime() > RESUMABLE_MS_MAX) {
    const hours = IDEMPOTENCY_KEY_KEPT_HOURS - 1;
    return { kind: 'new', why: `a new run: the last run stopped more than ${hours} hours ago` };
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
