import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lastunit } from '../../client/index.ts';
import { createApiKey } from '../../shared/access/api-key-record.ts';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { openBrowser } from '../../shared/testing/browser.ts';
import { givenShop } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { TEST_DATA_PREFIX } from '../../shared/testing/sweep-abandoned-runs.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { FLOW_DONE } from '../clients/programs.ts';
import { runStep } from '../clients/run-step.ts';
import { type System, startSystem } from '../rig/system.ts';
import {
  compilePrograms,
  installPackedClient,
  type PackedClient,
  readExamples,
  readPage,
} from './packed-client.ts';

const namespace = testNamespace();
const store = await openTestStore(namespace);
let packed: PackedClient;
let pages: Server;
let pagesUrl: string;
let system: System;

beforeAll(async () => {
  packed = await installPackedClient(await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX)));
  pages = await servePages(packed.folder);
  pagesUrl = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  system = await startSystem(namespace, { workers: 1, env: { CORS_ORIGINS: pagesUrl } });
});

afterAll(async () => {
  pages?.close();
  await system?.stop();
  await rm(packed.folder, { recursive: true, force: true });
});

/** Serves the page and the installed packages. */
async function servePages(folder: string): Promise<Server> {
  const page = await readPage();
  const server = createServer((request, response) => {
    const path = normalize(request.url ?? '/');
    if (path === '/') return response.setHeader('content-type', 'text/html').end(page);
    response.setHeader('content-type', 'text/javascript');
    return readFile(join(folder, path)).then(
      (text) => response.end(text),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

test('the package has compiled code and types, and nothing else', () => {
  const others = packed.files.filter((path) => !/^dist\/.+\.(js|d\.ts)$/.test(path));
  expect(others.toSorted()).toEqual(['LICENSE', 'README.md', 'package.json']);
  expect(packed.files).toEqual(expect.arrayContaining(['dist/index.js', 'dist/webhooks.d.ts']));
  expect(packed.files.filter((path) => /test|scripted/.test(path))).toEqual([]);
});

test('no type of the package is `any`', async () => {
  const types = packed.files.filter((path) => path.endsWith('.d.ts'));
  for (const path of types) {
    const text = await readFile(join(packed.folder, 'node_modules', 'lastunit', path), 'utf8');
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|'[^'\n]*'|"[^"\n]*"/g, '');
    expect(code, path).not.toMatch(/\bany\b/);
  }
});

test('a strict program in an empty project sells, signs and handles refusals', async () => {
  const program = await compilePrograms(packed.folder, system.apiUrl);
  const step = { command: process.execPath, args: [program], cwd: packed.folder };
  expect(await runStep(step)).toContain(FLOW_DONE);
});

/** Publishes a product of a new shop. */
async function givenProduct(units: number) {
  const shopId = await givenShop(store);
  const key = { shopId, name: 'test', scopes: SCOPES };
  const { apiKey } = await createApiKey(store, key, new Date());
  const lastunit = new Lastunit({ baseUrl: system.apiUrl, apiKey });
  const variants = [{ sku: 'SHIRT', price: 4_900, currency: 'GBP' } as const];
  const product = await lastunit.products.create({ title: 'Shirt', type: 'clothing', variants });
  const variantId = product.variants[0]?.id ?? '';
  await lastunit.products.publish(product.id);
  await lastunit.inventory.adjust(variantId, { set: units, reason: 'delivery' });
  return { lastunit, apiKey, variantId };
}

test('the five lines of the README lead to an outcome', async () => {
  const { apiKey } = await givenProduct(1);
  const [example = ''] = await readExamples('js');
  expect(example.trim().split('\n')).toHaveLength(5);
  const program = example.replace('http://127.0.0.1:3000', system.apiUrl).replace('lu_…', apiKey);
  await writeFile(join(packed.folder, 'buy.mjs'), program);
  const step = { command: process.execPath, args: ['buy.mjs'], cwd: packed.folder };
  expect(await runStep(step)).toContain("status: 'placed'");
});

test('a page of another origin buys with a buyer’s token', async () => {
  const { lastunit, variantId } = await givenProduct(2);
  const { token } = await lastunit.buyerTokens.create({ buyerId: 'buyer-1' });
  const page = await (await openBrowser()).newPage();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  const settings = { baseUrl: system.apiUrl, buyerToken: token, variantId };
  await page.goto(`${pagesUrl}/#${new URLSearchParams(settings)}`);
  await expect
    .poll(async () => faults.join() || (await page.textContent('body'))?.trim())
    .not.toBe('');
  expect(faults).toEqual([]);
  expect(JSON.parse((await page.textContent('body')) ?? '')).toEqual({
    byCart: 'placed',
    streamed: 'out_of_stock',
    orders: 1,
    refusal: { code: 'forbidden', hasRequestId: true },
  });
});
