import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { realFile } from '../../shared/testing/real-data.ts';
import { skipIfMissing } from '../../shared/testing/skip-if-missing.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { type InProcessSystem, startInProcessSystem } from '../../tests/rig/in-process-system.ts';
import { type Api, openApi, SystemUnreachableError } from '../system/api.ts';
import { createProduct } from '../system/stock-products.ts';
import { givenFile } from '../testing/given-file.ts';
import { givenRetail } from '../testing/given-retail.ts';
import { type ReplayOptions, readReplayOptions } from './options.ts';
import { readInputs } from './read-inputs.ts';
import type { ReplayReport } from './report.ts';
import { runReplay } from './run-replay.ts';
import { importCatalog } from './stock-shop.ts';

const CONNECTIONS = 32;

let system: InProcessSystem;
let api: Api;
const namespace = testNamespace();

beforeAll(async () => {
  system = await startInProcessSystem(namespace);
  const { url: apiUrl, shopA } = system;
  api = openApi({ apiUrl, apiKey: shopA.apiKey, ops: TEST_OPERATOR }, CONNECTIONS);
});

afterAll(async () => {
  api.close();
  await system.close();
});

async function replay(
  options: ReplayOptions,
  setting: { readonly api?: Api; readonly dataDir?: string; readonly signal?: AbortSignal } = {},
): Promise<ReplayReport> {
  const inputs = await readInputs(options, () => undefined);
  const stream = new PassThrough().resume();
  const { signal } = new AbortController();
  const dataDir = await temporaryFolder();
  return runReplay({ options, inputs, api, dataDir, signal, stream, ...setting });
}

async function retail(seed: number, count: number, ...more: string[]): Promise<ReplayOptions> {
  const { catalog, invoices } = givenRetail({ seed, skus: 60, invoices: count });
  const files = [await givenFile('catalog.csv', catalog), await givenFile('i.csv.gz', invoices)];
  const [catalogFile = '', invoicesFile = ''] = files;
  return readReplayOptions(['--catalog', catalogFile, '--invoices', invoicesFile, ...more]);
}

test('with exactly the required stock, everything is placed and confirmed and no stock is left', async () => {
  const options = await retail(1, 120);
  const { run, verdict } = await replay(options);
  expect(verdict).toMatchObject({ ok: true, accepted: 120, placed: 120, pending: 0, drift: 0 });
  expect(run.tally).toMatchObject({ placed: 120, confirmed: 120, rejected: 0, failed: 0 });
  const levels = await system.context.store.stock.find().toArray();
  expect(levels.filter(({ onHand, reserved }) => onHand !== 0 || reserved !== 0)).toEqual([]);
});

test('with half the stock, checkouts are rejected only as out of stock, and the products are reused', async () => {
  const before = await system.context.store.products.countDocuments();
  const { run, verdict } = await replay(await retail(1, 120, '--stock', 'half'));
  expect(verdict).toMatchObject({ ok: true, accepted: 120, oversold: 0, undersold: 0, drift: 0 });
  expect(run.tally.placed + run.tally.rejected).toBe(120);
  expect(run.tally.rejections['out_of_stock']).toBe(run.tally.rejected);
  expect(run.tally.rejected).toBeGreaterThan(0);
  expect(await system.context.store.products.countDocuments()).toBe(before);
});

test('continues a run that failed with lost responses and buys nothing twice', async () => {
  const options = await retail(2, 120, '--concurrency', '8');
  const dataDir = await temporaryFolder();
  let confirmed = 0;
  const failingApi: Api = {
    ...api,
    call: async (request) => {
      const answer = await api.call(request);
      if (request.path.endsWith('/confirm')) confirmed += 1;
      if (confirmed > 50) throw new SystemUnreachableError('the system does not respond');
      return answer;
    },
  };
  await expect(replay(options, { api: failingApi, dataDir })).rejects.toThrow(
    SystemUnreachableError,
  );
  const { run, beginning, left, verdict } = await replay(options, { dataDir });
  expect(beginning).toBe('resume');
  expect(left).toBeLessThan(80);
  expect(verdict).toMatchObject({ ok: true, accepted: 120, placed: 120 });
  expect(run.tally).toMatchObject({ accepted: 120, placed: 120, confirmed: 120 });
  const again = await replay(options, { dataDir });
  expect(again.beginning).toBe('new');
  expect(again.verdict).toMatchObject({ ok: true, accepted: 120, placed: 120 });
});

test('an interrupted run has no verdict, and --restart starts a new run', async () => {
  const options = await retail(3, 120);
  const dataDir = await temporaryFolder();
  const interrupting = new AbortController();
  const interruptingApi: Api = {
    ...api,
    call: (request) => {
      if (request.path.endsWith('/confirm')) interrupting.abort();
      return api.call(request);
    },
  };
  const { signal } = interrupting;
  const first = await replay(options, { api: interruptingApi, dataDir, signal });
  expect(first.verdict).toBeUndefined();
  expect(first.run.tally.placed).toBeGreaterThan(0);
  const second = await replay({ ...options, restart: true }, { dataDir });
  expect(second.run.runId).not.toBe(first.run.runId);
  expect(second.verdict).toMatchObject({ ok: true, accepted: 120, placed: 120 });
});

test('--on-error skip skips and counts broken rows; by default they stop the replay', async () => {
  const { catalog, invoices } = givenRetail({ seed: 4, skus: 5, invoices: 20 });
  const catalogFile = await givenFile('catalog.csv', catalog);
  const broken = `${invoices}X,2010-12-01T08:00:00,1,UK,NONE,1\nX,2010-12-01T08:00:00,1,UK\n`;
  const files = ['--catalog', catalogFile, '--invoices', await givenFile('i.csv', broken)];
  const skipped = await replay(readReplayOptions([...files, '--on-error', 'skip']));
  expect(skipped.inputs.brokenRows).toBe(2);
  expect(skipped.verdict).toMatchObject({ ok: true, accepted: 20, placed: 20 });
  const before = await system.context.store.checkouts.countDocuments();
  const stopping = replay(readReplayOptions(files));
  await expect(stopping).rejects.toThrow('broken rows: 2; nothing was replayed');
  expect(await system.context.store.checkouts.countDocuments()).toBe(before);
});

test('completes an import that another process started and publishes its drafts', async () => {
  const { catalog } = givenRetail({ seed: 5, skus: 12, invoices: 1 });
  const path = await givenFile('catalog.csv', catalog.replaceAll('Thing', 'Begun'));
  const { inputs } = await givenInputs(path);
  const work = { concurrency: 4, onProgress: () => undefined };
  const prefix = `replay-${inputs.catalog.hash.slice(0, 8)}-`;
  const imported = [...inputs.catalog.items.values()].slice(0, 5);
  for (const { title, price, sku } of imported) {
    await createProduct(api, { sku: `${prefix}${sku}`, title, price, currency: 'GBP' });
  }
  const first = await importCatalog(api, inputs.catalog, work);
  const second = await importCatalog(api, inputs.catalog, work);
  expect([...first.values()].filter(({ isNew }) => isNew)).toHaveLength(7);
  expect(second.size).toBe(12);
  expect([...second.values()].every(({ isPublished }) => isPublished)).toBe(true);
  for (const [sku, { variantId }] of second) expect(variantId).toBe(first.get(sku)?.variantId);
});

async function givenInputs(catalog: string) {
  const invoices = await givenFile(
    'i.csv',
    'invoice_id,timestamp,customer_id,country,sku,quantity\n1,2010-12-01T08:00:00,1,UK,S0,1\n',
  );
  const options = readReplayOptions(['--catalog', catalog, '--invoices', invoices]);
  return { options, inputs: await readInputs(options, () => undefined) };
}

const realCatalog = realFile('catalog.csv.gz');
const realInvoices = realFile('invoices-dev.csv.gz');
const missing = realCatalog.missing ?? realInvoices.missing;

test('places and confirms real invoices', skipIfMissing(missing), async () => {
  const files = ['--catalog', realCatalog.path, '--invoices', realInvoices.path];
  const whole = readReplayOptions([...files, '--to', '2010-12-01T11:00:00']);
  const { survey, catalog } = await readInputs(whole, () => undefined);
  // Only the products of these invoices, to keep the test short.
  const rows = [...survey.demand.keys()].map((sku) => `${sku},x,${catalog.items.get(sku)?.price}`);
  const demanded = await givenFile(
    'demanded.csv',
    `sku,title,unit_price_pence\n${rows.join('\n')}\n`,
  );
  const { run, verdict } = await replay({ ...whole, catalog: demanded, onError: 'skip' });
  const { invoices } = survey;
  expect(invoices).toBeGreaterThan(20);
  expect(verdict).toMatchObject({ ok: true, accepted: invoices, placed: invoices, drift: 0 });
  expect(run.tally.confirmed).toBe(invoices);
});
