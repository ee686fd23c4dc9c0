/** Runs MongoDB and Redis on DATA_DIR in the foreground until Ctrl-C, and prints their URLs. */

import { configOrExit, printHelpIfAsked } from '../shared/runtime/command-line.ts';
import { readEnv } from '../shared/runtime/env.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';
import { ignoreOutputErrors, output } from '../shared/runtime/output.ts';
import { lockDataDir } from '../shared/services/data-lock.ts';
import { startMongodb } from '../shared/services/mongodb.ts';
import { stopAllSpawned } from '../shared/services/processes/spawn-service.ts';
import { startRedis } from '../shared/services/redis.ts';

ignoreOutputErrors();
printHelpIfAsked('services: starts MongoDB and Redis on DATA_DIR and prints their URLs.');

const STOP_DEADLINE_MS = 20_000;

const env = configOrExit(readEnv);
try {
  const lock = await lockDataDir(env.dataDir);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void stopAllSpawned(STOP_DEADLINE_MS));
  }
  const options = { dataDir: env.dataDir, cacheDir: env.cacheDir, log: output.error };
  const mongodb = await startMongodb(options);
  const redis = await startRedis(options);
  output.out(`MONGODB_URL=${mongodb.url}\nREDIS_URL=${redis.url}`);
  await Promise.race([mongodb.exited, redis.exited]);
  await stopAllSpawned(STOP_DEADLINE_MS);
  await lock.release();
} catch (error) {
  output.error(errorMessage(error));
  process.exitCode = 1;
  await stopAllSpawned(STOP_DEADLINE_MS);
}
