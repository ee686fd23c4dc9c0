import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { Log } from '../../shared/runtime/output.ts';
import { writeFileAtomic } from '../../shared/runtime/write-file.ts';

/** What `npm start` tells programs about the running system. CONTRACT "Commands" has its shape. */
export type DemoFile = {
  apiUrl: string;
  ops: { username: string; password: string };
  mongodbUrl: string;
  redisUrl: string;
  processes: { api: number[]; worker: number[]; mongod: number[]; redis: number[] };
} & Record<string, unknown>;

const MODE = 0o600;
/** After a write that failed, the next attempt. */
const RETRY_AFTER_MS = 5_000;

/** The file of the running system: it stands there only while the system is ready. */
export function openDemoFile(dataDir: string, log: Log = () => undefined) {
  const path = join(dataDir, 'demo.json');
  const retired = join(dataDir, 'demo.last.json');
  let written: Promise<void> = Promise.resolve();
  let content: (() => DemoFile) | undefined;
  let retry: NodeJS.Timeout | undefined;
  const writeOnce = async () => {
    clearTimeout(retry);
    if (content === undefined) return;
    try {
      await writeFileAtomic(path, `${JSON.stringify(content(), null, 1)}\n`, MODE);
    } catch (error) {
      // A full disk must not end a system that works.
      log(`${path} cannot be written (${errorMessage(error)}); trying again`);
      retry = setTimeout(() => void write(), RETRY_AFTER_MS);
    }
  };
  const write = (): Promise<void> => {
    // One after the other, so that the last one written is the last one meant.
    written = written.then(writeOnce);
    return written;
  };
  return {
    path,
    /** Takes the file away, so that nobody mistakes an earlier run for this one. */
    retire: async () => {
      content = undefined;
      clearTimeout(retry);
      await written;
      await rename(path, retired).catch(() => undefined);
    },
    /** What the last run wrote, if it can be read: its credentials may still be good. */
    last: async (): Promise<Record<string, unknown> | undefined> => {
      const text = await readFile(retired, 'utf8').catch(() => undefined);
      return text === undefined ? undefined : parseObject(text);
    },
    /** Writes what `describe` says at that moment, and again at every `rewrite`. */
    write: (describe: () => DemoFile): Promise<void> => {
      content = describe;
      return write();
    },
    /** Writes it anew because processes have changed; nothing before the first `write`. */
    rewrite: (): Promise<void> => write(),
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
