import { readdir, readFile } from 'node:fs/promises';
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
import { runScenario } from '../k6/run-scenario.ts';
import { findOversold, prepareTestProducts } from '../k6/test-products.ts';
import { openAnnotations } from '../system/annotate.ts';
import { type Api, openApi } from '../system/api.ts';
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
  const { runs } = readSaleOptions('--scenarios hot --hot-rate 10 --seconds 1'.split(' '));
  const phases = runs[0]?.phases ?? [];
  const products = await prepareTestProducts(api, 'sale-products', phases);
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
  const [run] = readSaleOptions(`${limits} ${rates}`.split(' ')).runs;
  if (run === undefined) throw new RangeError('a sale is one run');
  const reports = await temporaryFolder();
  const log = () => undefined;
  const { figures, failures, verdict } = await runScenario(
    {
      ...{ api, k6: k6 ?? '', system: system(), reports, log, output: 'ignore', probesMax: 0 },
      signal: new AbortController().signal,
      annotate: openAnnotations(api, log),
    },
    run,
  );
  expect(failures).toEqual([]);
  expect(verdict).toMatchObject({ ok: true, pending: 0, failed: 0 });
  const { accepted, placed, rejected } = verdict;
  expect(figures).toContainEqual(
    expect.stringContaining(`${accepted} accepted, ${placed} placed, ${rejected} rejected`),
  );
  expect(placed).toBeGreaterThanOrEqual(20);
  expect(rejected).toBeGreaterThan(0);
  const [report = ''] = await readdir(reports);
  expect(await readFile(join(reports, report), 'utf8')).toContain('<html');
});
