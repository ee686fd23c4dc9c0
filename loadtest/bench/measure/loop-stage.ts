import { startCpuMeter } from '../machine/cpu-meter.ts';
import type { ProcessName } from '../report/report.ts';
import type { BenchServices } from '../system/bench-services.ts';
import type { BenchedSystem } from '../system/benched-system.ts';
import type { LoopStage } from './loops.ts';

/** Makes the stage of closed loops on these systems. */
export function toLoopStage(
  services: BenchServices,
  generator: LoopStage['generator'],
  systems: readonly BenchedSystem[],
): LoopStage {
  const pids = [process.pid, generator.pid, services.mongodb.pid, services.redis.pid];
  for (const { apiPid, workerPid } of systems) pids.push(apiPid, workerPid);
  return {
    services,
    generator,
    watch: (measured) => {
      const watched = new Set(Object.values(measured));
      const others = pids.filter((pid) => !watched.has(pid));
      return startCpuMeter({ measured: measured as Record<ProcessName, number>, others });
    },
  };
}
