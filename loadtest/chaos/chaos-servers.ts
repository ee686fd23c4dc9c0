import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readEnv } from '../../shared/runtime/env.ts';
import type { Log } from '../../shared/runtime/output.ts';
import { lockDataDir } from '../../shared/services/data-lock.ts';
import { recoverOrphan } from '../../shared/services/processes/recover-orphan.ts';
import { stopAllSpawned } from '../../shared/services/processes/spawn-service.ts';
import { startRedis } from '../../shared/services/redis.ts';
import { type ServerGroup, startReplicaSet } from '../../shared/services/replica-set.ts';
import { type Part, startPart } from './part.ts';

/** The servers of a campaign. */
export interface ChaosServers {
  readonly dataDir: string;
  /** A replica set of three members. */
  readonly mongodb: ServerGroup;
  readonly redis: Part;
  readonly redisUrl: string;
}

const STOP_DEADLINE_MS = 15_000;
const LOCK = 'lock.json';
const SERVICES = ['mongodb-1', 'mongodb-2', 'mongodb-3', 'redis'];
/** Three members share the memory of one machine. */
const CACHE_GB = 0.25;

/**
 * Runs a campaign with three members of MongoDB and a Redis in DATA_DIR/chaos. Stops them and
 * removes their data afterwards. First stops and removes what a killed campaign left there.
 * @throws DataInUseError while another campaign runs there
 */
export async function withChaosServers<Report>(
  log: Log,
  run: (servers: ChaosServers) => Promise<Report>,
): Promise<Report> {
  const env = readEnv();
  const dataDir = join(env.dataDir, 'chaos');
  const lock = await lockDataDir(dataDir);
  try {
    for (const service of SERVICES) {
      await recoverOrphan({ dataDir, service, folder: join(dataDir, service), log });
    }
    await removeData(dataDir);
    const options = { dataDir, cacheDir: env.cacheDir, log };
    const mongodb = await startReplicaSet({ ...options, cacheGb: CACHE_GB });
    let redisUrl = '';
    const redis = await startPart('redis', async () => {
      // Later starts use the port in the run record of the first start.
      const started = await startRedis(options);
      redisUrl = started.url;
      return started;
    });
    return await run({ dataDir, mongodb, redis, redisUrl });
  } finally {
    await stopAllSpawned(STOP_DEADLINE_MS);
    await removeData(dataDir);
    await lock.release();
  }
}

/** Removes everything but the lock. */
async function removeData(dataDir: string): Promise<void> {
  const records = (await readdir(join(dataDir, 'run'))).filter((name) => name !== LOCK);
  const paths = [...SERVICES, 'logs', ...records.map((name) => join('run', name))];
  for (const path of paths) await rm(join(dataDir, path), { recursive: true, force: true });
}
