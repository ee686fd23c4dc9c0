import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { Log } from '../../shared/runtime/output.ts';
import { readJsonFile } from '../../shared/runtime/read-json.ts';
import { writeFileAtomic } from '../../shared/runtime/write-file.ts';

/** The content of demo.json, which other programs read: addresses, keys and process ids. */
export type DemoFile = {
  apiUrl: string;
  ops: { username: string; password: string };
  mongodbUrl: string;
  redisUrl: string;
  processes: { api: number[]; worker: number[]; mongod: number[]; redis: number[] };
} & Record<string, unknown>;

const MODE = 0o600;
/** The delay before a failed write is retried. */
const RETRY_AFTER_MS = 5_000;

/** Manages demo.json, which exists only while the system is ready. */
export function openDemoFile(dataDir: string, log: Log = () => undefined) {
  const path = join(dataDir, 'demo.json');
  const retired = join(dataDir, 'demo.last.json');
  let written: Promise<void> = Promise.resolve();
  let content: (() => DemoFile) | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isRetired = false;
  const writeOnce = async () => {
    clearTimeout(retry);
    if (content === undefined) return;
    try {
      await writeFileAtomic(path, `${JSON.stringify(content(), null, 1)}\n`, MODE);
    } catch (error) {
      // A full disk must not stop a working system.
      log(`${path} cannot be written (${errorMessage(error)}); trying again`);
      retry = setTimeout(() => void write(), RETRY_AFTER_MS);
    }
  };
  const write = (): Promise<void> => {
    // Writes one after the other, so that the latest content is written last.
    written = written.then(writeOnce);
    return written;
  };
  const setAside = async () => {
    await rename(path, retired).catch(() => undefined);
  };
  return {
    path,
    /** Renames the file of a crashed run, so that demo.json describes only a running system. */
    setAside,
    /** Renames the file to demo.last.json when the system stops. Later writes do nothing. */
    retire: async () => {
      isRetired = true;
      content = undefined;
      clearTimeout(retry);
      await written;
      await setAside();
    },
    /** Returns what the last run wrote, if readable. Its credentials may still work. */
    last: () => readJsonFile(retired, z.record(z.string(), z.unknown())),
    /** Calls `describe` and writes its result, now and at every `rewrite`. */
    write: (describe: () => DemoFile): Promise<void> => {
      // The demo shop may still be seeded while the system stops.
      if (!isRetired) content = describe;
      return write();
    },
    /** Writes the file again after processes changed. Does nothing before the first `write`. */
    rewrite: write,
  };
}
