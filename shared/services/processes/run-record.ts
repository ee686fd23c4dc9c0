import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../../runtime/write-file.ts';

const identity = z.object({ pid: z.int().positive(), startedAt: z.string() });
const record = z.object({ process: identity, launcher: identity, port: z.int().optional() });

/** The last run of a service on this data: its process, the process that started it, its port. */
export type RunRecord = z.infer<typeof record>;

/** Returns the last run of a service; undefined if there was none or its record is unreadable. */
export async function readRunRecord(dataDir: string, service: string) {
  const text = await readFile(recordPath(dataDir, service), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return record.parse(JSON.parse(text));
  } catch {
    // Then the service gets a new port; its process is still found by its data folder.
    return undefined;
  }
}

/** Stores a run with the data, so that the next start finds its process and port. */
export async function writeRunRecord(dataDir: string, service: string, run: RunRecord) {
  await writeFileAtomic(recordPath(dataDir, service), `${JSON.stringify(run)}\n`);
}

function recordPath(dataDir: string, service: string): string {
  return join(dataDir, 'run', `${service}.json`);
}
