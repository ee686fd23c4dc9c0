import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { readEnv } from '../runtime/env.ts';
import { startRedisCluster } from '../services/redis-cluster.ts';
import { type ServerGroup, startReplicaSet } from '../services/replica-set.ts';
import type { ServiceOptions } from '../services/start-server.ts';
import { TEST_DATA_PREFIX } from './sweep-abandoned-runs.ts';

const START_TIMEOUT_MS = 90_000;

/** Three members of MongoDB and three masters of Redis, which a test file may kill. */
export interface OwnCluster {
  readonly mongodb: ServerGroup;
  readonly redis: ServerGroup;
}

/** Starts the servers for the calling test file only, and stops them after the file's tests. */
export function ownCluster(): OwnCluster {
  const mongodb = ownGroup(startReplicaSet);
  const redis = ownGroup(startRedisCluster);
  return {
    get mongodb() {
      return mongodb();
    },
    get redis() {
      return redis();
    },
  };
}

/** Starts three masters of Redis for the calling test file only, as `ownCluster` does. */
export function ownRedisCluster(): Pick<OwnCluster, 'redis'> {
  const redis = ownGroup(startRedisCluster);
  return {
    get redis() {
      return redis();
    },
  };
}

/** Returns a function that returns the servers once they have been started. */
function ownGroup(start: (options: ServiceOptions) => Promise<ServerGroup>): () => ServerGroup {
  let dataDir = '';
  let group: ServerGroup | undefined;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
    const { cacheDir } = readEnv();
    group = await start({ dataDir, cacheDir, log: () => undefined, cacheGb: 0.25 });
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await group?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return () => {
    if (group === undefined) throw new Error('the servers have not been started');
    return group;
  };
}

/** Kills a server and waits until it has ended. The group can restart the server. */
export async function killServer({ members }: ServerGroup, index: number): Promise<void> {
  const member = members[index];
  if (member === undefined) throw new Error(`there is no server ${index}`);
  process.kill(member.pid, 'SIGKILL');
  await member.exited;
}
