import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { readEnv } from '../runtime/env.ts';
import type { ServiceOptions } from '../services/start-server.ts';
import { TEST_DATA_PREFIX } from './sweep-abandoned-runs.ts';

const START_TIMEOUT_MS = 90_000;

/**
 * Starts servers for the calling test file only, and stops them after the file's tests.
 * @returns a function that returns the servers once they have been started
 */
export function ownServer<Server extends { stop(): Promise<void> }>(
  start: (options: ServiceOptions) => Promise<Server>,
): () => Server {
  let dataDir = '';
  let server: Server | undefined;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
    const { cacheDir } = readEnv();
    server = await start({ dataDir, cacheDir, log: () => undefined, cacheGb: 0.25 });
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return () => {
    if (server === undefined) throw new Error('the servers have not been started');
    return server;
  };
}
