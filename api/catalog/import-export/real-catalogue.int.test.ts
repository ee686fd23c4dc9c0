import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { promiseRuns } from '../../../shared/testing/promises.ts';
import { realFile } from '../../../shared/testing/real-data.ts';
import { skipIfMissing } from '../../../shared/testing/skip-if-missing.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import { CSV, exportedText, NDJSON } from './testing/files.ts';

const catalog = realFile('catalog.csv.gz');
const PRODUCTS = 3_795;
/** Only `npm run promises` imports all products. Other runs import the first 1,000. */
const IMPORTED = promiseRuns(PRODUCTS, 1_000);

const api = await openTestApi();

// `npm run bench -- --only import` measures how long an import takes, and compares it with a bound.
test('a real catalogue can be imported, is published, and can be moved to another shop', {
  ...skipIfMissing(catalog.missing),
  timeout: 60_000,
}, async () => {
  const rows = gunzipSync(await readFile(catalog.path))
    .toString()
    .trimEnd()
    .split('\n')
    .slice(1);
  expect(rows).toHaveLength(PRODUCTS);
  const csv = [
    'sku,title,price,type,currency',
    ...rows.slice(0, IMPORTED).map((row) => `${row.trimEnd()},furniture,GBP`),
  ];
  const { store } = api.context;
  const path = '/v1/products/import?publish=true';
  const { status, body } = await api.shopA.post(path, csv.join('\n'), CSV);
  expect({ status, body }).toEqual({
    status: 200,
    body: { created: IMPORTED, failed: 0, errorCount: 0, errors: [], failedLines: [] },
  });
  const { shopId } = api.shopA;
  expect(await store.products.countDocuments({ shopId, status: 'published' })).toBe(IMPORTED);
  expect(await store.stock.countDocuments({ shopId, onHand: 0, version: 0 })).toBe(IMPORTED);
  const file = await exportedText(api.shopA);
  const moved = await api.shopB.post('/v1/products/import', file, NDJSON);
  expect(moved.body).toMatchObject({ created: IMPORTED, failed: 0 });
  expect(await exportedText(api.shopB)).toBe(file);
});
