import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from '../../runtime/read-json.ts';
import { writeFileAtomic } from '../../runtime/write-file.ts';

const identity = z.object({ pid: z.int().positive(), startedAt: z.string() });
const record = z.object({ process: identity, launcher: identity, port: z.int().optional() });

/** The last run of a service on this data: its process, the process that started it, its port. */
export type RunRecord = z.infer<typeof record>;

/**
 * Returns the last run of a service; undefined if there was none or its record is unreadable. In
 * that case the service gets a new port, and its process is found by its data folder.
 */
export function readRunRecord(dataDir: string, service: string): Promise<RunRecord | undefined> {
  return readJsonFile(recordPath(dataDir, service), record);
}

/** Stores a run with the data, so that the next start finds its process and port. */
export async function writeRunRecord(dataDir: string, service: string, run: RunRecord) {
  await writeFileAtomic(recordPath(dataDir, service), `${JSON.stringify(run)}\n`);
}

function recordPath(dataDir: string, service: string): string {
  return join(dataDir, 'run', `${service}.json`);
}
