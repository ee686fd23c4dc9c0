import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { childEnv } from '../../../shared/runtime/env.ts';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { givenFile } from '../../testing/given-file.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Servers, an API and a worker start for it, and are ended. */
const BENCH_TIMEOUT_MS = 120_000;

const positive = expect.toSatisfy((value) => Number.isFinite(value) && value > 0, 'is positive');
const cpuMicros = { api: positive, mongod: positive, redis: expect.any(Number) };

test('the short form searches a catalogue and tells how long it took', {
  timeout: BENCH_TIMEOUT_MS,
}, async () => {
  const rows = Array.from({ length: 300 }, (_, index) => `S${index},RED BAG ${index},${index}`);
  const catalog = await givenFile(
    'catalog.csv',
    `sku,title,unit_price_pence\n${rows.join('\n')}\n`,
  );
  const args = ['--quick', '--only', 'search', '--catalog', catalog];
  const env = childEnv({ DATA_DIR: await temporaryFolder() });
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args], { env });
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  const sample = { p50: positive, p99: positive, perSecond: positive, empty: 0, cpuMicros };
  expect(report).toMatchObject({
    ok: true,
    products: 300,
    queries: 200,
    oneByOne: { connections: 1, ...sample },
    together: { connections: 4, ...sample },
  });
});
