import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startTestApi } from '../../api/testing/start-test-api.ts';
import { isTrigger, TRIGGERS, trigger } from '../../client/cli/trigger.ts';
import { Lastunit } from '../../client/index.ts';
import { verifyWebhook, type WebhookEvent } from '../../client/webhooks.ts';
import { createApiKey } from '../../shared/access/api-key-record.ts';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { projectRoot } from '../../shared/runtime/env.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { givenShop } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { TEST_DATA_PREFIX } from '../../shared/testing/sweep-abandoned-runs.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { FLOW_DONE } from '../clients/programs.ts';
import { runStep } from '../clients/run-step.ts';
import { type System, startSystem } from '../rig/system.ts';
import {
  compilePrograms,
  findProgram,
  installPackedClient,
  type PackedClient,
  readExamples,
  readPage,
} from './packed-client.ts';

/** In the short form the installed program causes each eighth event, and `trigger` the others. */
const BY_PROGRAM_EVERY = promiseRuns(1, 8);
const CONCURRENCY = 6;

const openBrowser = browserForFile();
const namespace = testNamespace();
const store = await openTestStore(namespace);
let folder: string;
let packed: PackedClient;
let pages: Server;
let pagesUrl: string;
let system: System;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
  pages = await servePages(folder);
  pagesUrl = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  [packed, system] = await Promise.all([
    installPackedClient(folder),
    startSystem(namespace, { workers: 1, env: { CORS_ORIGINS: pagesUrl } }),
  ]);
});

afterAll(async () => {
  pages?.close();
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
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

test('the package contains only compiled code, types, its README, licence and manifest', () => {
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

let home: string;
let apiKey: string;

/** Runs the installed program. */
function lastunit(args: readonly string[], input = '') {
  const env = { XDG_CONFIG_HOME: home };
  return execa(findProgram(packed), args, { env, input, reject: false });
}

const configPath = () => join(home, 'lastunit', 'config.json');

/** Starts a local receiver that keeps the events whose signature is valid. */
async function givenReceiver(secret: () => string) {
  const events: WebhookEvent[] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    events.push(verifyWebhook(Buffer.concat(chunks), request.headers, secret()));
    response.writeHead(204).end();
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { events, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks` };
}

describe('the command line', () => {
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
    const shopId = await givenShop(store);
    ({ apiKey } = await createApiKey(store, { shopId, name: 'cli', scopes: SCOPES }, new Date()));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  test('prints its version and its help', async () => {
    const { version } = JSON.parse(
      await readFile(join(projectRoot, 'client/package.json'), 'utf8'),
    );
    expect(await lastunit(['--version'])).toMatchObject({ exitCode: 0, stdout: version });
    const help = await lastunit(['tail', '--help']);
    expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('trigger EVENT') });
  });

  test('login stores a valid key in a file that only its owner can read', async () => {
    const refused = await lastunit(['login', '--url', system.apiUrl], 'lu_wrong\n');
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('401 unauthenticated'),
    });
    await expect(stat(configPath())).rejects.toThrow('ENOENT');
    const before = await lastunit(['tail']);
    expect(before.stderr).toContain('run lastunit login first');
    const loggedIn = await lastunit(['login', '--url', system.apiUrl], `${apiKey}\n`);
    expect(loggedIn).toMatchObject({ exitCode: 0, stdout: `stored in ${configPath()}` });
    expect((await stat(configPath())).mode & 0o777).toBe(0o600);
    expect(loggedIn.stdout + loggedIn.stderr).not.toContain(apiKey);
  });

  test('trigger causes each event, and listen forwards the event as a webhook would', async () => {
    let secret = '';
    const { events, url } = await givenReceiver(() => secret);
    const listening = lastunit(['listen', '--forward-to', url]);
    onTestFinished(() => void listening.kill());
    const lines: string[] = [];
    listening.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(text));
    await expect.poll(() => lines.join('')).toMatch(/^whsec_\S+\n/);
    secret = lines.join('').split('\n')[0] ?? '';
    const names = Object.keys(TRIGGERS);
    const client = new Lastunit({ baseUrl: system.apiUrl, apiKey });
    await runConcurrently(names.length, CONCURRENCY, async (index) => {
      const name = names[index] ?? '';
      if (index % BY_PROGRAM_EVERY > 0 && isTrigger(name))
        return void (await trigger(client, name));
      const triggered = await lastunit(['trigger', name]);
      expect(triggered, name).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(`^${name} \\w+$`),
      });
    });
    const types = () => events.map(({ type }) => type);
    await expect.poll(types).toEqual(expect.arrayContaining(names));
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const { stdout } = await lastunit(['trigger', 'order.confirmed']);
    const orderId = stdout.split(' ')[1];
    const findOrderEvent = () =>
      events.find(({ type, data }) => type === 'order.confirmed' && data.subjectId === orderId);
    await expect.poll(findOrderEvent).toBeDefined();
    listening.kill('SIGTERM');
    expect(await listening).toMatchObject({ exitCode: 0 });
  });

  test('tail prints earlier and later events as JSON', async () => {
    const args = [
      'tail',
      '--json',
      '--type',
      'stock.adjusted',
      '--since',
      new Date(0).toISOString(),
    ];
    const tailing = lastunit(args);
    onTestFinished(() => void tailing.kill());
    let text = '';
    tailing.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await lastunit(['trigger', 'stock.adjusted']);
    const types = () =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as WebhookEvent).type);
    await expect.poll(() => types().length).toBeGreaterThan(1);
    expect(new Set(types())).toEqual(new Set(['stock.adjusted']));
  });

  test('an event type that does not exist is refused', async () => {
    const { exitCode, stderr } = await lastunit(['tail', '--type', 'order.sold']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('400 invalid_request');
  });

  test('trigger creates nothing in production', async () => {
    const production = await startTestApi(namespace, { mayChooseReservation: false });
    onTestFinished(() => production.close());
    const { apiKey: key, url: baseUrl } = { ...production.shopA, url: production.url };
    const client = new Lastunit({ baseUrl, apiKey: key });
    await expect(trigger(client, 'checkout.placed')).rejects.toMatchObject({
      code: 'outside_production_only',
    });
    expect(await client.products.listOwn().toArray(1)).toEqual([]);
  });
});
