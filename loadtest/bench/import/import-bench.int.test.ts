import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { childEnv } from '../../../shared/runtime/env.ts';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { givenFile } from '../../testing/given-file.ts';
import { isFastEnough, runImportBench } from './run-import-bench.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** The bench starts and stops servers, an API and a worker. */
const BENCH_TIMEOUT_MS = 120_000;

test('the bench exits with 1 if the import takes longer than --import-ms', {
  timeout: BENCH_TIMEOUT_MS,
}, async () => {
  const flags = ['--import-ms', '1'];
  const rows = Array.from(
    { length: 300 },
    (_, index) => `S${index},"RED, ""BIG"" ${index}",${index}`,
  );
  const text = `sku,title,unit_price_pence\n${rows.join('\n')}\n`;
  const args = ['--only', 'import', '--catalog', await givenFile('catalog.csv', text), ...flags];
  const env = childEnv({ DATA_DIR: await temporaryFolder() });
  const run = spawnSync(process.execPath, [MAIN, ...args], { env, encoding: 'utf8' });
  expect(run).toMatchObject({ status: 1 });
  const report = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '');
  expect(report).toMatchObject({ ok: false, products: 300, tookMsMax: 1 });
  expect(report.tookMs).toBeGreaterThan(1);
});

test('the bench fails if the catalogue has no products', async () => {
  const catalog = await givenFile('catalog.csv', 'sku,title,unit_price_pence\n');
  const bench = runImportBench({ catalog, importMsMax: 1_000 }, () => undefined);
  await expect(bench).rejects.toThrow('no products in');
});

test.each([
  [1_000, true],
  [1_001, false],
])('an import of %d ms is within 1,000 ms: %s', (tookMs, isWithin) => {
  expect(isFastEnough({ tookMs, tookMsMax: 1_000 })).toBe(isWithin);
});
