import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { findProcess, isRunning, readCommandLine } from './processes/identity.ts';

const ATTEMPTS_MAX = 10;

const holderSchema = z.object({ pid: z.int(), startedAt: z.string() });
type Holder = z.infer<typeof holderSchema>;

/** The data folder is in use by a running process, which the message names. */
export class DataInUseError extends Error {
  override readonly name = 'DataInUseError';
  readonly pid: number;

  constructor(dataDir: string, pid: number) {
    const command = readCommandLine(pid) ?? 'command unknown';
    super(`The data in ${dataDir} is in use by process ${pid} (${command}).`);
    this.pid = pid;
  }
}

/** A lock held until released. The lock of a dead process is taken over. */
export type DataLock = { release: () => Promise<void> };

/**
 * Makes this process the only one that runs services on DATA_DIR.
 * @throws DataInUseError if another process does
 */
export async function lockDataDir(dataDir: string): Promise<DataLock> {
  const path = join(dataDir, 'run', 'lock.json');
  await mkdir(join(dataDir, 'run'), { recursive: true });
  const own = JSON.stringify(findProcess(process.pid));
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    if (await createWith(path, own)) return { release: () => removeIf(path, own) };
    const found = await readFile(path, 'utf8').catch(() => undefined);
    const holder = found === undefined ? undefined : parseHolder(found);
    if (holder && isRunning(holder)) throw new DataInUseError(dataDir, holder.pid);
    if (found !== undefined) await removeIf(path, found);
  }
  throw new Error(`${path} could not be locked: other processes keep changing it`);
}

function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Creates the file with its whole content in one step. Returns false if it exists. */
async function createWith(path: string, content: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeFile(temporary, content, { mode: 0o600 });
    await link(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Removes the lock if its content is `content`. It is renamed before it is read, because another
 * process could replace it between reading and removing. Another process's lock is put back.
 */
async function removeIf(path: string, content: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  const isMoved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!isMoved) return;
  if ((await readFile(aside, 'utf8')) !== content) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}
