import { readFileSync } from 'node:fs';

/** Linux counts CPU time for programs in hundredths of a second, whatever its own clock. */
const TICKS_PER_SECOND = 100;
const USER_TICKS_FIELD = 11;
const SYSTEM_TICKS_FIELD = 12;

/** CPU seconds that the whole machine has spent since it was started. */
export interface MachineTimes {
  /** In programs and in the kernel on their behalf, without interrupts. */
  readonly busy: number;
  /** Taken by the host for other guests while this one wanted to run. */
  readonly stolen: number;
}

/** CPU seconds that a process has spent, all its threads, in user mode and in the kernel. */
export function processSeconds(pid: number): number {
  return secondsInStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** @param stat the text of /proc/<pid>/stat */
export function secondsInStat(stat: string): number {
  // The program's name stands in parentheses and may hold anything, so count from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[USER_TICKS_FIELD]) + Number(fields[SYSTEM_TICKS_FIELD]);
  return ticks / TICKS_PER_SECOND;
}

/** What the machine has spent until now, from /proc/stat. */
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

/** Whether this system tells what the report is made of. */
export function hasCpuTimes(): boolean {
  try {
    return processSeconds(process.pid) >= 0 && machineTimes().busy >= 0;
  } catch {
    return false;
  }
}
