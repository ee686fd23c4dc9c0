import { machineTimes, processSeconds } from './cpu-times.ts';

/** The id of a process, or the ids of several processes that are measured as one. */
export type Pids = number | readonly number[];

/** The processes of the bench. Only some are measured. */
export interface Processes<Name extends string> {
  readonly measured: Readonly<Record<Name, Pids>>;
  /** Processes of the bench that are not measured, but whose CPU time must not count as foreign. */
  readonly others: readonly number[];
}

/** CPU use during a measurement. `seconds` are sums over the processes of a name. */
export interface CpuUse<Name extends string> {
  readonly wallSeconds: number;
  readonly seconds: Readonly<Record<Name, number>>;
  /** CPU time of processes outside the bench, and CPU time that the host gave to other guests. */
  readonly foreignSeconds: number;
  readonly stolenSeconds: number;
}

/** Starts a measurement. The returned function ends it and returns the CPU use since the start. */
export function startCpuMeter<Name extends string>(processes: Processes<Name>): () => CpuUse<Name> {
  const names = Object.keys(processes.measured) as Name[];
  const before = readTimes(processes);
  return () => {
    const after = readTimes(processes);
    const used = names.map((name) => [name, after.measured[name] - before.measured[name]] as const);
    const benchSeconds = after.benchSeconds - before.benchSeconds;
    return {
      wallSeconds: (after.atMs - before.atMs) / 1_000,
      seconds: Object.fromEntries(used) as Record<Name, number>,
      foreignSeconds: Math.max(0, after.machine.busy - before.machine.busy - benchSeconds),
      stolenSeconds: after.machine.stolen - before.machine.stolen,
    };
  };
}

/** Returns the CPU microseconds per operation by name, rounded. */
export function microsPer<Name extends string>(
  { seconds }: CpuUse<Name>,
  operations: number,
): Record<Name, number> {
  const micros = Object.entries<number>(seconds).map(
    ([name, used]) => [name, Math.round((used * 1_000_000) / operations)] as const,
  );
  return Object.fromEntries(micros) as Record<Name, number>;
}

function readTimes<Name extends string>({ measured, others }: Processes<Name>) {
  const times = Object.entries<Pids>(measured).map(
    ([name, pids]) => [name, sum([pids].flat().map(processSeconds))] as const,
  );
  return {
    atMs: performance.now(),
    machine: machineTimes(),
    measured: Object.fromEntries(times) as Record<Name, number>,
    benchSeconds: sum([...times.map(([, seconds]) => seconds), ...others.map(processSeconds)]),
  };
}

function sum(seconds: readonly number[]): number {
  return seconds.reduce((total, value) => total + value, 0);
}
