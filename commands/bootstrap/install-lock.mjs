import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const WAIT_MAX_MS = 600_000;
const POLL_MS = 500;

/** Runs `work` while no other process installs in this project. Waits at most ten minutes. */
export async function withInstallLock(root, log, work) {
  const folder = join(root, '.cache');
  const lock = join(folder, 'install.lock');
  mkdirSync(folder, { recursive: true });
  const giveUpAt = Date.now() + WAIT_MAX_MS;
  let isLogged = false;
  while (!tryLock(lock)) {
    const holder = Number(readText(lock));
    if (!isAlive(holder)) {
      rmSync(lock, { force: true });
      continue;
    }
    if (!isLogged) log(`Waiting for process ${holder}, which is installing.`);
    isLogged = true;
    if (Date.now() > giveUpAt)
      throw new Error(`Process ${holder} is still installing; see ${lock}`);
    await sleep(POLL_MS);
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Writes a file and then links it, so that a lock always contains the id of its holder. */
function tryLock(lock) {
  const temporary = `${lock}.${process.pid}`;
  writeFileSync(temporary, String(process.pid));
  try {
    linkSync(temporary, lock);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
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
