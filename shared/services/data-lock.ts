import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { findProcess, isRunning, readCommandLine } from './processes/identity.ts';

const ATTEMPTS_MAX = 200;
const ATTEMPT_DELAY_MS = 10;
const HASH_LENGTH = 8;

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
 * @throws DataInUseError if a running process has the lock, even if it is this process
 */
export async function lockDataDir(dataDir: string): Promise<DataLock> {
  const path = join(dataDir, 'run', 'lock.json');
  await mkdir(join(dataDir, 'run'), { recursive: true });
  const ownContent = JSON.stringify(findProcess(process.pid));
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const holder = await acquire(path, ownContent);
    if (holder === undefined) return { release: () => removeIf(path, ownContent) };
    if (holder !== 'changing') throw new DataInUseError(dataDir, holder.pid);
    await sleep(ATTEMPT_DELAY_MS);
  }
  throw new Error(`${path} could not be locked: other processes keep changing it`);
}

/**
 * Creates the lock `path`. Returns undefined on success. Otherwise returns the running process that
 * holds it, or `changing` if there was a stale lock or another process has just removed the lock.
 */
async function acquire(path: string, ownContent: string): Promise<Holder | 'changing' | undefined> {
  if (await createWith(path, ownContent)) return undefined;
  const content = await read(path);
  const holder = content === undefined ? undefined : parseHolder(content);
  if (holder && isRunning(holder)) return holder;
  if (content !== undefined) await removeStale(path, content, ownContent);
  return 'changing';
}

/**
 * Removes the lock of a dead process. Only the process that holds a second lock, which is named
 * after the stale content, may do so: between reading and removing, another process could otherwise
 * replace the stale lock with its own, which would then be removed.
 */
async function removeStale(path: string, content: string, ownContent: string): Promise<void> {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, HASH_LENGTH);
  const removal = `${path}.${hash}`;
  if ((await acquire(removal, ownContent)) !== undefined) return;
  await removeIf(path, content);
  await removeIf(removal, ownContent);
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

/** Removes a lock that no other process may change now, if it has this content. */
async function removeIf(path: string, content: string): Promise<void> {
  if ((await read(path)) === content) await rm(path, { force: true });
}

function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
