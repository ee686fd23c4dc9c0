import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import { fromCache } from '../../shared/services/binaries/cache.ts';
import { findOnPath } from '../../shared/services/binaries/on-path.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { skipIfMissing } from '../../shared/testing/skip-if-missing.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { type InProcessSystem, startInProcessSystem } from '../../tests/rig/in-process-system.ts';
import { findFailures } from '../k6/judge-run.ts';
import { runK6 } from '../k6/run-k6.ts';
import { findOversold, prepareTestProducts } from '../k6/test-products.ts';
import { type Api, openApi } from '../system/api.ts';
import { finalVerdict } from '../system/final-verdict.ts';
import { readSaleOptions } from './options.ts';

const { cacheDir } = readEnv();
const cached = { cacheDir, entry: 'k6-2.0.0', program: 'k6' };
const k6 = (await findOnPath(['k6'])) ?? (await fromCache(cached));
const missing =
  k6 === undefined ? 'k6 is not installed; npm run sale builds it with Go' : undefined;

const namespace = testNamespace();
let running: InProcessSystem;
let api: Api;

const system = () => ({
  apiUrl: running.url,
  apiKey: running.shopA.apiKey,
  ops: TEST_OPERATOR,
});

beforeAll(async () => {
  running = await startInProcessSystem(namespace);
  api = openApi(system(), 8);
});

afterAll(async () => {
  api.close();
  await running.close();
});

test('finds an oversold product', async () => {
  const options = readSaleOptions('--scenarios hot --hot-rate 10 --seconds 1'.split(' '));
  const products = await prepareTestProducts(api, 'sale-products', options.phases);
  expect(products.get('hot')).toMatchObject([{ sku: 'sale-products-hot-0', stock: 5 }]);
  expect(await findOversold(api, products)).toEqual([]);
  const [product] = products.get('hot') ?? [];
  const variantId = product?.variantId ?? '';
  const order = { buyerId: 'b', lines: [{ variantId, quantity: 4 }] };
  const path = '/v1/checkouts';
  const { body } = await api.call({ method: 'POST', path, idempotencyKey: 'k1', body: order });
  await api.call({ method: 'GET', path: `/v1/checkouts/${body['id']}`, waitS: 20 });
  expect(await findOversold(api, products)).toEqual([]);
  const fewer = new Map([['hot' as const, [{ variantId, sku: 'x', stock: 3 }]]]);
  expect(await findOversold(api, fewer)).toEqual([
    'x: 4 units are reserved or sold and 5 on hand, but the stock was 3',
  ]);
});

test('a short sale with k6 passes and writes a report', skipIfMissing(missing), async () => {
  // High limits, because other load on this machine must not fail the test.
  const limits = '--post-p95-ms 60000 --post-p99-ms 60000 --outcome-p95-ms 60000';
  const rates = '--seconds 2 --hot-rate 20 --spread-rate 50 --mix-rate 20 --outcome-p99-ms 60000';
  const options = readSaleOptions(`${limits} ${rates}`.split(' '));
  const products = await prepareTestProducts(api, 'sale-k6', options.phases);
  const startedAt = new Date();
  const report = join(await temporaryFolder(), 'report.html');
  const { signal } = new AbortController();
  const run = {
    k6: k6 ?? '',
    runId: 'sale-k6',
    ...options,
    system: system(),
    products,
    report,
    signal,
  };
  const result = await runK6({ ...run, output: 'ignore' });
  const verdict = await finalVerdict(api, startedAt);
  const oversold = await findOversold(api, products);
  expect(findFailures({ k6: result, verdict, oversold })).toEqual([]);
  expect(result.exitCode).toBe(0);
  const { accepted, placed, rejected } = result.counts;
  expect(verdict).toMatchObject({ accepted, placed, rejected, ok: true });
  expect(placed).toBeGreaterThanOrEqual(20);
  expect(rejected).toBeGreaterThan(0);
  expect(await readFile(report, 'utf8')).toContain('<html');
});
