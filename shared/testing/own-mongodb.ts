import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { readEnv } from '../runtime/env.ts';
import { startMongodb } from '../services/mongodb.ts';
import type { RunningService } from '../services/start-server.ts';
import { TEST_DATA_PREFIX } from './sweep-abandoned-runs.ts';

const START_TIMEOUT_MS = 60_000;

/** Starts a MongoDB for the calling test file only, and stops it after the file's tests. */
export function ownMongodb(): { readonly url: string } {
  let dataDir = '';
  let service: RunningService | undefined;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
    const { cacheDir } = readEnv();
    service = await startMongodb({ dataDir, cacheDir, log: () => undefined, cacheGb: 0.25 });
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await service?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return {
    get url() {
      if (service === undefined) throw new Error('this MongoDB has not been started');
      return service.url;
    },
  };
}
