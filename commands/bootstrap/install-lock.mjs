import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const WAIT_MAX_MS = 600_000;
const POLL_MS = 500;
const ownId = String(process.pid);

/** Runs `work` while no other process installs in this project. Waits at most ten minutes. */
export async function withInstallLock(root, log, work) {
  const folder = join(root, '.cache');
  const lock = join(folder, 'install.lock');
  mkdirSync(folder, { recursive: true });
  const giveUpAt = performance.now() + WAIT_MAX_MS;
  let isLogged = false;
  while (!tryLock(lock)) {
    const holder = readText(lock);
    // A lock with the id of this process is from an earlier one, as happens in containers.
    if (holder !== undefined && (holder === ownId || !isAlive(Number(holder)))) {
      removeLock(lock, holder);
      continue;
    }
    // If the lock cannot be read, it may just have been removed, or replaced by another process.
    const name = holder === undefined ? 'another process' : `process ${holder}`;
    if (!isLogged) log(`Waiting for ${name}, which is installing.`);
    isLogged = true;
    if (performance.now() > giveUpAt) throw new Error(`Gave up waiting for ${name}; see ${lock}`);
    await sleep(POLL_MS);
  }
  try {
    await work();
  } finally {
    removeLock(lock, ownId);
  }
}

/**
 * Removes the lock if it has this content. Another process may replace the lock between reading and
 * removing, so the lock is renamed first, and put back if it has other content.
 */
export function removeLock(lock, content) {
  const removed = `${lock}.${process.pid}.removed`;
  try {
    renameSync(lock, removed);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (readText(removed) !== content) linkUnlessLocked(removed, lock);
  rmSync(removed, { force: true });
}

/** Writes a file and then links it, so that a lock always contains the id of its holder. */
function tryLock(lock) {
  const temporary = `${lock}.${process.pid}`;
  writeFileSync(temporary, ownId);
  try {
    return linkUnlessLocked(temporary, lock);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function linkUnlessLocked(file, lock) {
  try {
    linkSync(file, lock);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
