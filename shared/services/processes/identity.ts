import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';

/** One process and no later one that got its number: `startedAt` is the system's own mark. */
export type ProcessIdentity = { pid: number; startedAt: string };

/** Who has this process id now; undefined when nobody does (a zombie counts as nobody). */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? startTicks(pid) : ps(pid, 'lstart=');
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Whether that very process still runs, not another with its number. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startedAt === identity.startedAt;
}

/** The command line of a running process with single spaces, where it can be read. */
export function commandLineOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'command=');
  return readText(`/proc/${pid}/cmdline`)?.split('\0').join(' ').trim() || undefined;
}

/** The processes whose command line has this option with this value; only Linux tells. */
export async function processesWith(option: string, value: string): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => {
    const words = readText(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
    return words.some((word, index) => word === option && words[index + 1] === value);
  });
}

function startTicks(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The program's name stands in parentheses and may hold anything, so count from its end.
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
