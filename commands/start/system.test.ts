import { expect, onTestFinished, test, vi } from 'vitest';
import { readEnv } from '../../shared/runtime/env.ts';
import { startMongodb } from '../../shared/services/mongodb.ts';
import { freePort } from '../../shared/services/processes/ports.ts';
import { spawnService, stopAllSpawned } from '../../shared/services/processes/spawn-service.ts';
import type { ServiceOptions } from '../../shared/services/start-server.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { createSystem } from './system.ts';

/** Starts a process in place of Redis that runs until it is stopped. */
async function spawnRedis({ dataDir }: ServiceOptions) {
  const args = ['-e', 'setInterval(() => undefined, 1000)'];
  return spawnService({ dataDir, name: 'redis', binary: process.execPath, args });
}

test('a second stop with 0 ends a server that is being started again', async () => {
  const DATA_DIR = await temporaryFolder();
  const env = readEnv({ DATA_DIR, MONGODB_URL: 'mongodb://127.0.0.1:1/unused' });
  const port = await freePort();
  const restarted = Promise.withResolvers<void>();
  const startRedis = vi.fn(async (options: ServiceOptions) => {
    const { identity, exited, stop } = await spawnRedis(options);
    if (options.port !== undefined) {
      // The second start does not become ready, and no signal ends it.
      restarted.resolve();
      await exited;
      throw new Error('ended before it was ready');
    }
    const about = { url: 'redis://unused', port, version: '8', source: 'test' };
    return { ...about, pid: identity.pid, exited, stop: (deadlineMs = 0) => stop(deadlineMs) };
  });
  const hooks = { onRestart: async () => undefined, onGiveUp: vi.fn(), log: () => undefined };
  const system = createSystem(env, hooks, { startMongodb, startRedis });
  onTestFinished(() => stopAllSpawned(0));
  await system.startServices();
  for (const pid of system.pids('redis')) process.kill(pid, 'SIGKILL');
  await restarted.promise;
  const stopped = system.stop();
  await system.stop(0);
  await stopped;
  expect(startRedis).toHaveBeenCalledTimes(2);
  expect(hooks.onGiveUp).not.toHaveBeenCalled();
});
