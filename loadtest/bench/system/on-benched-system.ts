import type { Processes } from '../machine/cpu-meter.ts';
import { type Disturbance, loadNow, measureDisturbance } from '../machine/disturbance.ts';
import { describeMachine, type Machine } from '../machine/machine.ts';
import { startBenchServices } from './bench-services.ts';
import { type BenchedSystem, startSystem } from './benched-system.ts';

/** Signals that stop the bench. The last one means that the parent process has ended. */
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const;

/** The processes whose CPU time is measured. */
export type Measured = 'api' | 'mongod' | 'redis';

/** A system to measure. */
export interface Bench {
  readonly system: BenchedSystem;
  readonly processes: Processes<Measured>;
  readonly machine: Machine;
  /** Returns what other processes used during these measurements. */
  disturbanceIn(uses: Parameters<typeof measureDisturbance>[2]): Disturbance;
}

/** Starts servers, an API and a worker, measures, and stops everything. */
export async function onBenchedSystem<Report>(
  name: string,
  log: (line: string) => void,
  measure: (bench: Bench) => Promise<Report>,
): Promise<Report> {
  const loadBefore = loadNow();
  const services = await startBenchServices(log);
  const giveUp = () => void services.stop().finally(() => process.exit(1));
  for (const event of ENDS) process.once(event, giveUp);
  try {
    log('starting an API and a worker');
    const system = await startSystem(services, { name });
    try {
      const { mongodb, redis } = services;
      const machine = describeMachine({ mongod: mongodb.version, redis: redis.version });
      return await measure({
        system,
        machine,
        processes: {
          measured: { api: system.apiPid, mongod: mongodb.pid, redis: redis.pid },
          others: [process.pid, system.workerPid],
        },
        disturbanceIn: (uses) => measureDisturbance(loadBefore, machine.cores, uses),
      });
    } finally {
      await system.stop();
    }
  } finally {
    await services.stop();
  }
}
