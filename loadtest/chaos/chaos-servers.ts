import { join } from 'node:path';
import { readEnv } from '../../shared/runtime/env.ts';
import type { Log } from '../../shared/runtime/output.ts';
import { lockDataDir } from '../../shared/services/data-lock.ts';
import { endLeftServers, removeServerData } from '../../shared/services/processes/left-servers.ts';
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
    await endLeftServers(dataDir, log);
    await removeServerData(dataDir);
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
    await removeServerData(dataDir);
    await lock.release();
  }
}
