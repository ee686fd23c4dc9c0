import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { readEnv } from '../runtime/env.ts';
import { startRedisCluster } from '../services/redis-cluster.ts';
import { type ServerGroup, startReplicaSet } from '../services/replica-set.ts';
import { TEST_DATA_PREFIX } from './sweep-abandoned-runs.ts';

const START_TIMEOUT_MS = 90_000;

/** Three members of MongoDB and three masters of Redis, which a test file may kill. */
export interface OwnCluster {
  readonly mongodb: ServerGroup;
  readonly redis: ServerGroup;
}

/** Starts the servers for the calling test file only, and stops them after the file's tests. */
export function ownCluster(): OwnCluster {
  let dataDir = '';
  let mongodb: ServerGroup | undefined;
  let redis: ServerGroup | undefined;
  const started = (group: ServerGroup | undefined): ServerGroup => {
    if (group === undefined) throw new Error('the servers have not been started');
    return group;
  };
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
    const options = {
      dataDir,
      cacheDir: readEnv().cacheDir,
      log: () => undefined,
      cacheGb: 0.25,
    };
    mongodb = await startReplicaSet(options);
    redis = await startRedisCluster(options);
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await redis?.stop();
    await mongodb?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return {
    get mongodb() {
      return started(mongodb);
    },
    get redis() {
      return started(redis);
    },
  };
}

/** Kills a server and waits until it has ended. The group can restart the server. */
export async function killServer({ members }: ServerGroup, index: number): Promise<void> {
  const member = members[index];
  if (member === undefined) throw new Error(`there is no server ${index}`);
  process.kill(member.pid, 'SIGKILL');
  await member.exited;
}
