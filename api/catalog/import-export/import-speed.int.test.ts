import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../../shared/runtime/env.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { CSV, exportedText, NDJSON } from './testing/files.ts';

const CATALOG = join(projectRoot, '..', 'shared', 'data', 'catalog.csv.gz');
const WITHIN_MS = 10_000;

const namespace = testNamespace();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace);
});
afterAll(() => api.close());

const hasCatalog = existsSync(CATALOG);
if (!hasCatalog) console.log(`skipped: no real catalogue in ${CATALOG}`);

test.skipIf(!hasCatalog)(
  `a real catalogue is imported and on sale within ${WITHIN_MS} ms, and can be moved`,
  async () => {
    const rows = gunzipSync(await readFile(CATALOG))
      .toString()
      .trimEnd()
      .split('\n')
      .slice(1);
    const csv = [
      'sku,title,price,type,currency',
      ...rows.map((row) => `${row.trimEnd()},furniture,GBP`),
    ];
    const { store } = api.context;
    const startedAt = performance.now();
    const path = '/v1/products/import?publish=true';
    const { status, body } = await api.shopA.post(path, csv.join('\n'), CSV);
    const tookMs = performance.now() - startedAt;
    expect({ status, body }).toEqual({
      status: 200,
      body: { created: rows.length, failed: 0, errorCount: 0, errors: [] },
    });
    console.log(`imported ${rows.length} products in ${tookMs.toFixed(0)} ms`);
    expect(tookMs).toBeLessThan(WITHIN_MS);
    const { shopId } = api.shopA;
    expect(await store.products.countDocuments({ shopId, status: 'published' })).toBe(rows.length);
    expect(await store.stock.countDocuments({ shopId, onHand: 0, version: 0 })).toBe(rows.length);
    const exportedAt = performance.now();
    const file = await exportedText(api.shopA);
    console.log(`exported them in ${(performance.now() - exportedAt).toFixed(0)} ms`);
    const moved = await api.shopB.post('/v1/products/import', file, NDJSON);
    expect(moved.body).toMatchObject({ created: rows.length, failed: 0 });
    expect(await exportedText(api.shopB)).toBe(file);
  },
  60_000,
);
