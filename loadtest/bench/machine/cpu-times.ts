import { readFileSync } from 'node:fs';

/** Linux reports CPU time in hundredths of a second, whatever its own clock rate. */
const TICKS_PER_SECOND = 100;
const USER_TICKS_FIELD = 11;
const SYSTEM_TICKS_FIELD = 12;

/** CPU seconds of the whole machine since it started. */
export interface MachineTimes {
  /** Time in programs and in the kernel on their behalf, without interrupts. */
  readonly busy: number;
  /** Time that the host gave to other guests while this machine was ready to run. */
  readonly stolen: number;
}

/** Returns a process's CPU seconds: all threads, in user mode and in the kernel. */
export function processSeconds(pid: number): number {
  return secondsInStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** @param stat the text of /proc/<pid>/stat */
export function secondsInStat(stat: string): number {
  // The program's name is in parentheses and may contain anything, so fields count from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[USER_TICKS_FIELD]) + Number(fields[SYSTEM_TICKS_FIELD]);
  return ticks / TICKS_PER_SECOND;
}

/** Reads the machine's CPU times from /proc/stat. */
export function machineTimes(): MachineTimes {
  return timesInStat(readFileSync('/proc/stat', 'utf8'));
}

/** @param stat the text of /proc/stat */
export function timesInStat(stat: string): MachineTimes {
  const [first = ''] = stat.split('\n', 1);
  const ticks = first.trim().split(/\s+/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , , , stolen = 0] = ticks;
  return { busy: (user + nice + system) / TICKS_PER_SECOND, stolen: stolen / TICKS_PER_SECOND };
}

/** Returns whether this system reports the CPU times that the bench needs. */
export function hasCpuTimes(): boolean {
  try {
    return processSeconds(process.pid) >= 0 && machineTimes().busy >= 0;
  } catch {
    return false;
  }
}
