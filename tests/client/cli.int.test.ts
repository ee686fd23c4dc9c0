import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startTestApi } from '../../api/testing/start-test-api.ts';
import { TRIGGERS, trigger } from '../../client/cli/trigger.ts';
import { Lastunit } from '../../client/index.ts';
import { verifyWebhook, type WebhookEvent } from '../../client/webhooks.ts';
import { createApiKey } from '../../shared/access/api-key-record.ts';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { givenShop } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { TEST_DATA_PREFIX } from '../../shared/testing/sweep-abandoned-runs.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { type System, startSystem } from '../rig/system.ts';
import { findProgram, installPackedClient, type PackedClient } from './packed-client.ts';

const namespace = testNamespace();
const store = await openTestStore(namespace);
let packed: PackedClient;
let system: System;
let apiKey: string;
let home: string;

beforeAll(async () => {
  packed = await installPackedClient(await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX)));
  home = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
  system = await startSystem(namespace, { workers: 1 });
  const shopId = await givenShop(store);
  ({ apiKey } = await createApiKey(store, { shopId, name: 'cli', scopes: SCOPES }, new Date()));
});

afterAll(async () => {
  await system?.stop();
  await rm(packed.folder, { recursive: true, force: true });
  await rm(home, { recursive: true, force: true });
});

/** Starts the installed program. */
function lastunit(args: readonly string[], input = '') {
  const env = { XDG_CONFIG_HOME: home };
  return execa(findProgram(packed), args, { env, input, reject: false });
}

const configPath = () => join(home, 'lastunit', 'config.json');

test('login stores a key that works, readable by its owner only', async () => {
  const refused = await lastunit(['login', '--url', system.apiUrl], 'lu_wrong\n');
  expect(refused).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('401 unauthenticated'),
  });
  await expect(stat(configPath())).rejects.toThrow('ENOENT');
  const before = await lastunit(['tail']);
  expect(before.stderr).toContain('run lastunit login first');
  const done = await lastunit(['login', '--url', system.apiUrl], `${apiKey}\n`);
  expect(done).toMatchObject({ exitCode: 0, stdout: `stored in ${configPath()}` });
  expect((await stat(configPath())).mode & 0o777).toBe(0o600);
  expect(done.stdout + done.stderr).not.toContain(apiKey);
});

/** A local receiver that keeps the events whose signature is right. */
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

test('trigger makes each event happen, and listen forwards it as a webhook would', async () => {
  let secret = '';
  const { events, url } = await givenReceiver(() => secret);
  const listening = lastunit(['listen', '--forward-to', url]);
  onTestFinished(() => void listening.kill());
  const lines: string[] = [];
  listening.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  await expect.poll(() => lines.join('')).toMatch(/^whsec_\S+\n/);
  secret = lines.join('').split('\n')[0] ?? '';
  const names = Object.keys(TRIGGERS);
  for (const name of names) {
    const done = await lastunit(['trigger', name]);
    expect(done, name).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(`^${name} \\w+$`),
    });
  }
  const seen = () => events.map(({ type }) => type);
  await expect.poll(seen).toEqual(expect.arrayContaining(names));
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  const { stdout } = await lastunit(['trigger', 'order.confirmed']);
  const orderId = stdout.split(' ')[1];
  const ofOrder = () =>
    events.find(({ type, data }) => type === 'order.confirmed' && data.subjectId === orderId);
  await expect.poll(ofOrder).toBeDefined();
  listening.kill('SIGTERM');
  expect(await listening).toMatchObject({ exitCode: 0 });
});

test('tail prints earlier and later events as JSON', async () => {
  const args = ['tail', '--json', '--type', 'stock.adjusted', '--since', new Date(0).toISOString()];
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

test('a type that does not exist is refused by name', async () => {
  const { exitCode, stderr } = await lastunit(['tail', '--type', 'order.sold']);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('400 invalid_request');
});

test('in production trigger makes nothing', async () => {
  const production = await startTestApi(namespace, { mayChooseReservation: false });
  onTestFinished(() => production.close());
  const { apiKey: key, url: baseUrl } = { ...production.shopA, url: production.url };
  const client = new Lastunit({ baseUrl, apiKey: key });
  await expect(trigger(client, 'checkout.placed')).rejects.toMatchObject({
    code: 'outside_production_only',
  });
  expect(await client.products.listOwn().toArray(1)).toEqual([]);
});
