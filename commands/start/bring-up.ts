import type { Env } from '../../shared/runtime/env.ts';
import type { Log } from '../../shared/runtime/output.ts';
import { migrate } from '../../shared/store/migrate.ts';
import { openStore } from '../../shared/store/store.ts';
import { announcement } from './announce.ts';
import { requireFreePort } from './conflicts.ts';
import type { openDemoFile } from './demo-file.ts';
import { recoverPart } from './node-process.ts';
import { opsCredentials } from './ops-credentials.ts';
import { listParts } from './parts.ts';
import type { System } from './system.ts';
import { systemSecrets } from './system-secrets.ts';

type BringUp = {
  env: Env;
  system: System;
  demoFile: ReturnType<typeof openDemoFile>;
  log: Log;
};

/** Starts everything in order and returns the text to print. Throws at the first failure. */
export async function bringUp({ env, system, demoFile, log }: BringUp): Promise<string> {
  await demoFile.setAside();
  const ops = await opsCredentials(env);
  const secrets = await systemSecrets(env);
  for (const part of listParts(env)) await recoverPart(part, log);
  await requireFreePort(env);
  const { mongodb, redis } = await system.startServices();
  const urls = { mongodbUrl: mongodb.url, redisUrl: redis.url };
  await migrateFirst(mongodb.url, log);
  for (const part of listParts(env, { ...urls, ops, secrets })) await system.startPart(part);
  const apiUrl = toApiUrl(env);
  const about = { apiUrl, ops, mongodb, redis, dataDir: env.dataDir };
  if (env.nodeEnv === 'production') return announcement(about);
  // Production does not need the modules for seeding, so only this branch loads them.
  const { seedDemo } = await import('../seed.ts');
  const { secretsKey } = secrets;
  const previous = await demoFile.last();
  const demo = await seedDemo({ mongodbUrl: mongodb.url, secretsKey, previous });
  await demoFile.write(() => ({
    apiUrl,
    ...demo,
    ops: { username: ops.username, password: ops.password },
    ...urls,
    processes: {
      api: system.pids('api'),
      worker: system.pids('worker'),
      mongod: system.pids('mongod'),
      redis: system.pids('redis'),
    },
  }));
  return announcement({ ...about, demoFile: demoFile.path, demo });
}

/**
 * Migrates the database before any process starts. Each process would migrate it too, but must
 * become ready within a time limit, and building an index of a large database takes longer.
 */
async function migrateFirst(mongodbUrl: string, log: Log): Promise<void> {
  const store = await openStore(mongodbUrl);
  try {
    await migrate(store, { notify: log });
  } finally {
    await store.close();
  }
}

/** Returns the API's URL for programs on this machine. */
function toApiUrl(env: Env): string {
  const loopback: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  const host = loopback[env.host] ?? (env.host.includes(':') ? `[${env.host}]` : env.host);
  return `http://${host}:${env.port}`;
}
