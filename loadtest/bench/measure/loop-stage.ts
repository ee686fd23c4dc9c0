import { type Pids, startCpuMeter } from '../machine/cpu-meter.ts';
import type { ProcessName } from '../report/report.ts';
import type { BenchServices } from '../system/bench-services.ts';
import type { BenchedSystem } from '../system/benched-system.ts';
import type { LoopStage } from './loops.ts';

/** Returns what load loops need to measure these systems, which may share servers. */
export function toLoopStage(
  services: BenchServices,
  generator: LoopStage['generator'],
  systems: readonly BenchedSystem[],
): LoopStage {
  const pids = new Set([process.pid, generator.pid]);
  for (const { apiPid, workerPid, servers } of systems) {
    const { mongodb, redis } = servers;
    for (const pid of [apiPid, workerPid, ...mongodb.pids, ...redis.pids]) pids.add(pid);
  }
  return {
    services,
    generator,
    watch: (measured) => {
      const watched = new Set(Object.values(measured).flat());
      const others = [...pids].filter((pid) => !watched.has(pid));
      return startCpuMeter({ measured: measured as Record<ProcessName, Pids>, others });
    },
  };
}
