import { machineTimes, processSeconds } from './cpu-times.ts';

/** The processes of the bench: those that are measured by name, and its others. */
export interface Processes<Name extends string> {
  readonly measured: Readonly<Record<Name, number>>;
  /** Ours too, and idle; they are only counted so that they are not taken for strangers. */
  readonly others: readonly number[];
}

/** What the CPUs did while something was measured. */
export interface CpuUse<Name extends string> {
  readonly wallSeconds: number;
  readonly seconds: Readonly<Record<Name, number>>;
  /** Spent by whatever does not belong to the bench, and by the host for others. */
  readonly foreignSeconds: number;
  readonly stolenSeconds: number;
}

/** Starts to measure; the function it answers tells what was used since. */
export function startCpuMeter<Name extends string>(processes: Processes<Name>): () => CpuUse<Name> {
  const names = Object.keys(processes.measured) as Name[];
  const before = readTimes(processes);
  return () => {
    const after = readTimes(processes);
    const used = names.map((name) => [name, after.measured[name] - before.measured[name]] as const);
    const ours = after.ours - before.ours;
    return {
      wallSeconds: (after.atMs - before.atMs) / 1_000,
      seconds: Object.fromEntries(used) as Record<Name, number>,
      foreignSeconds: Math.max(0, after.machine.busy - before.machine.busy - ours),
      stolenSeconds: after.machine.stolen - before.machine.stolen,
    };
  };
}

function readTimes<Name extends string>({ measured, others }: Processes<Name>) {
  const times = Object.entries<number>(measured).map(
    ([name, pid]) => [name, processSeconds(pid)] as const,
  );
  const sum = [...times.map(([, seconds]) => seconds), ...others.map(processSeconds)];
  return {
    atMs: performance.now(),
    machine: machineTimes(),
    measured: Object.fromEntries(times) as Record<Name, number>,
    ours: sum.reduce((total, seconds) => total + seconds, 0),
  };
}
