import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;
const KILL_WAIT_MS = 5_000;

/** Identifies one process: `startedAt` distinguishes it from later processes with the same id. */
export type ProcessIdentity = { pid: number; startedAt: string };

/** Returns the process that has this id now; undefined if there is none or it is a zombie. */
export function findProcess(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? startTicks(pid) : ps(pid, 'lstart=');
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Returns whether this process still runs; a later process with its id does not count. */
export function isRunning(identity: ProcessIdentity): boolean {
  return findProcess(identity.pid)?.startedAt === identity.startedAt;
}

/** Returns the command line of a running process, if it can be read. */
export function readCommandLine(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'command=');
  return readText(`/proc/${pid}/cmdline`)?.split('\0').join(' ').trim() || undefined;
}

/** Returns the ids of all processes that this user sees; none on systems other than Linux. */
export async function processIds(): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/**
 * Returns the ids of processes with this option and value on the command line; none on systems
 * other than Linux.
 */
export async function processesWith(option: string, value: string): Promise<number[]> {
  return (await processIds()).filter((pid) => {
    const words = readText(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
    return words.some((word, index) => word === option && words[index + 1] === value);
  });
}

/**
 * Ends a process with SIGTERM, and with SIGKILL if it still runs after `deadlineMs`. It never
 * signals another process with the same id.
 * @throws Error if SIGKILL has not ended it within 5 s
 */
export async function endProcess(identity: ProcessIdentity, deadlineMs: number): Promise<void> {
  signal(identity, 'SIGTERM');
  if (await endsWithin(identity, deadlineMs)) return;
  signal(identity, 'SIGKILL');
  if (await endsWithin(identity, KILL_WAIT_MS)) return;
  throw new Error(`process ${identity.pid} does not end, even after SIGKILL`);
}

async function endsWithin(identity: ProcessIdentity, deadlineMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + deadlineMs;
  while (isRunning(identity)) {
    if (performance.now() >= giveUpAt) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    // The process may have ended between the check and the signal.
    if (isRunning(identity)) throw error;
  }
}

function startTicks(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The program's name is in parentheses and may contain anything, so fields are counted from its
  // end.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' ? undefined : fields[19];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function ps(pid: number, column: string): string | undefined {
  try {
    const printed = execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' });
    return printed.trim() || undefined;
  } catch {
    return undefined;
  }
}
