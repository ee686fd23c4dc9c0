import { availableParallelism, cpus, totalmem } from 'node:os';

/** The machine and versions that the figures were measured on. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGb: number;
  readonly platform: string;
  readonly node: string;
  readonly mongod: string;
  readonly redis: string;
}

const BYTES_PER_GB = 2 ** 30;

/** @param versions the versions that the servers report */
export function describeMachine(versions: { mongod: string; redis: string }): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / BYTES_PER_GB),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    mongod: bareVersion(versions.mongod),
    redis: bareVersion(versions.redis),
  };
}

function bareVersion(printed: string): string {
  return /\d+(?:\.\d+)+/.exec(printed)?.[0] ?? printed;
}
