/**
 * Runs MongoDB and Redis on DATA_DIR in the foreground, and prints their URLs. Ends at Ctrl-C, and
 * when its parent process ends. Ends with exit code 1 if one of the servers ends by itself.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { configOrExit, printHelpIfAsked } from '../shared/runtime/command-line.ts';
import { readEnv } from '../shared/runtime/env.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';
import { ignoreOutputErrors, output } from '../shared/runtime/output.ts';
import { parseTopology } from '../shared/runtime/topology.ts';
import { findMongod } from '../shared/services/binaries/mongod.ts';
import { lockDataDir } from '../shared/services/data-lock.ts';
import { startMongodb } from '../shared/services/mongodb.ts';
import { stopAllSpawned } from '../shared/services/processes/spawn-service.ts';
import { findRedisServer, startRedis } from '../shared/services/redis.ts';
import { startRedisCluster } from '../shared/services/redis-cluster.ts';
import { startReplicaSet } from '../shared/services/replica-set.ts';
import type { ServiceOptions } from '../shared/services/start-server.ts';

ignoreOutputErrors();
printHelpIfAsked(`
services: starts MongoDB and Redis on DATA_DIR and prints their URLs.
services --topology cluster: starts three members of MongoDB and three Redis masters in cluster mode,
for trying them out. They begin empty each time.`);

const STOP_DEADLINE_MS = 20_000;
/** Events that stop the servers. The last one means that the parent process has ended. */
const STOP_EVENTS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const;

const env = configOrExit(readEnv);
const { topology } = configOrExit(parseTopology);
try {
  const lock = await lockDataDir(env.dataDir);
  let isStopping = false;
  const stopped = new Promise<void>((resolve) => {
    for (const event of STOP_EVENTS) {
      process.on(event, () => {
        isStopping = true;
        output.error('Stopping.');
        void stopAllSpawned(STOP_DEADLINE_MS);
        resolve();
      });
    }
  });
  const options = { dataDir: env.dataDir, cacheDir: env.cacheDir, log: output.error };
  // Downloads can take minutes. No server runs yet, so a signal ends this process at once.
  await Promise.race([findPrograms(options), stopped]);
  if (!isStopping) {
    const start = topology === 'cluster' ? startClusters : startSingle;
    const { mongodbUrl, redisUrl, exited } = await start(options);
    // A signal that came before the servers were there has stopped none of them.
    if (!isStopping) {
      output.out(`MONGODB_URL=${mongodbUrl}\nREDIS_URL=${redisUrl}`);
      await Promise.race(exited);
    }
  }
  if (!isStopping) {
    output.error('A server has ended unexpectedly; stopping the others.');
    process.exitCode = 1;
  }
  await stopAllSpawned(STOP_DEADLINE_MS);
  await lock.release();
} catch (error) {
  output.error(errorMessage(error));
  process.exitCode = 1;
  await stopAllSpawned(STOP_DEADLINE_MS);
}
// An interrupted download, or the channel of the parent process, would keep this process running.
process.exit();

async function findPrograms(options: ServiceOptions): Promise<void> {
  await findMongod(options);
  await findRedisServer(options);
}

async function startSingle(options: ServiceOptions) {
  const mongodb = await startMongodb(options);
  const redis = await startRedis(options);
  const exited = [mongodb.exited, redis.exited];
  return { mongodbUrl: mongodb.url, redisUrl: redis.url, exited };
}

async function startClusters(options: ServiceOptions) {
  const dataDir = join(options.dataDir, 'clusters');
  await rm(dataDir, { recursive: true, force: true });
  const mongodb = await startReplicaSet({ ...options, dataDir });
  const redis = await startRedisCluster({ ...options, dataDir });
  const exited = [...mongodb.members, ...redis.members].map((member) => member.exited);
  return { mongodbUrl: mongodb.url, redisUrl: redis.url, exited };
}
