import type { BenchServices } from '../system/bench-services.ts';
import type { BenchedSystem } from '../system/benched-system.ts';
import type { LoopStage } from './loops.ts';
import { watchAmong } from './watch-among.ts';

/** Returns what load loops need to measure these systems, which may share servers. */
export function toLoopStage(
  services: BenchServices,
  generator: LoopStage['generator'],
  systems: readonly BenchedSystem[],
): LoopStage {
  const pids = systems.flatMap(({ apiPid, workerPid, servers: { mongodb, redis } }) => {
    return [apiPid, workerPid, ...mongodb.pids, ...redis.pids];
  });
  return { services, generator, watch: watchAmong([process.pid, generator.pid, ...pids]) };
}
