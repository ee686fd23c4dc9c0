import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../../runtime/write-file.ts';

const identity = z.object({ pid: z.int().positive(), startedAt: z.string() });
const record = z.object({ process: identity, launcher: identity, port: z.int().optional() });

/** Who ran a service last on this data, who had started it, and on which port. */
export type RunRecord = z.infer<typeof record>;

/** The last run of a service, or undefined when there was none or its record cannot be read. */
export async function readRunRecord(dataDir: string, service: string) {
  const text = await readFile(recordPath(dataDir, service), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return record.parse(JSON.parse(text));
  } catch {
    // A torn record costs a new port at most; the process it named is found by its data folder.
    return undefined;
  }
}

/** Remembers a run beside the data, so that the next start finds what this one left behind. */
export async function writeRunRecord(dataDir: string, service: string, run: RunRecord) {
  await writeFileAtomic(recordPath(dataDir, service), `${JSON.stringify(run)}\n`);
}

function recordPath(dataDir: string, service: string): string {
  return join(dataDir, 'run', `${service}.json`);
}
