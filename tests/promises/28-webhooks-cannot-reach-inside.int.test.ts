import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../../api/testing/start-test-api.ts';
import { givenWebhook } from '../../api/webhooks/testing/given-webhook.ts';
import { parseAddressRange } from '../../shared/runtime/ip-address.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { startReceiver } from '../../shared/testing/webhook-receiver.ts';
import type { TargetRules } from '../../shared/webhooks/target-url.ts';
import { forbiddenTargets } from '../../shared/webhooks/testing/forbidden-targets.ts';
import { startWorker, type WorkerContext } from '../../worker/context.ts';
import { givenEvents } from '../../worker/deliver-webhooks/testing/given-events.ts';

const namespace = testNamespace();
const WAIT = { timeout: 30_000, interval: 100 };
const STATUSES = [301, 302, 303, 307, 308];
/** A loopback address that the operator allows, unlike 127.0.0.1. */
const ALLOWED = '127.0.0.2';
const NO_RANGES: TargetRules = { allowedRanges: [], isHttpAllowed: true };

let inside: Server;
let insidePort: number;
let connections = 0;
/** All connections that this process tried to open. */
let connectionAttempts: { address: string; port: number }[] = [];
let api: TestApi;

const watch = (message: unknown) => {
  const { socket } = message as { socket: Socket };
  socket.on('connectionAttempt', (address: string, port: number) =>
    connectionAttempts.push({ address, port }),
  );
};

beforeAll(async () => {
  subscribe('net.client.socket', watch);
  inside = createServer((_, response) => void response.end('the inside'));
  inside.on('connection', () => {
    connections += 1;
  });
  inside.listen(0, '::');
  await once(inside, 'listening');
  insidePort = (inside.address() as AddressInfo).port;
  api = await startTestApi(namespace, { webhookTargets: NO_RANGES });
});
afterAll(async () => {
  unsubscribe('net.client.socket', watch);
  await api.close();
  inside.close();
});
beforeEach(() => {
  connections = 0;
  connectionAttempts = [];
});

async function withWorker(
  rules: TargetRules,
  resolver: (host: string) => Promise<readonly string[]>,
  work: (worker: WorkerContext) => Promise<void>,
): Promise<void> {
  const { secrets } = api.context.config;
  const worker = await startWorker(
    {
      ...namespace,
      logLevel: 'silent',
      batchMax: 16,
      reservationTtlMs: 900_000,
      secretsKey: secrets.secretsKey,
      webhookTargets: rules,
    },
    { webhooks: { resolver, times: { retryDelaysMs: [100], pollEveryMs: 50 } } },
  );
  try {
    await work(worker);
  } finally {
    await worker.close();
  }
}

/** Waits until the delivery of the only event has ended, and returns its log. */
async function findDelivery(webhookId: string): Promise<DeliveryRecord> {
  const { store } = api.context;
  const find = () =>
    store.webhookDeliveries.findOne<DeliveryRecord>({
      webhookId,
      type: 'order.confirmed',
      status: { $ne: 'pending' },
      subjectId: /^ord_28/,
    });
  await expect.poll(find, WAIT).not.toBeNull();
  const delivery = await find();
  if (delivery === null) throw new Error('the log is missing');
  return delivery;
}

const newShopId = () => `shp_${Math.random()}`;
const storeEvent = (shopId: string) =>
  givenEvents(api.context.store, [shopId], [{ subjectId: 'ord_28' }]);

test('no forbidden URL leads to a connection, even if a webhook with this URL is stored', async () => {
  const targets = forbiddenTargets(insidePort);
  expect(targets.length).toBeGreaterThanOrEqual(60);
  const names = new Map(targets.map(({ url, addresses }) => [URL.parse(url)?.hostname, addresses]));
  // Forbidden addresses in a URL are refused when the webhook is created.
  let refused = 0;
  for (const { url, addresses } of targets) {
    const { status } = await api.shopA.post('/v1/webhooks', { url, events: ['*'] });
    if (addresses === undefined) expect([url, status]).toEqual([url, 400]);
    if (status === 400) refused += 1;
  }
  const resolver = async (host: string) => names.get(host) ?? [];
  await withWorker(NO_RANGES, resolver, async () => {
    const logs = await Promise.all(
      targets.map(async ({ url }) => {
        const shopId = newShopId();
        const { webhookId } = await givenWebhook(api.context.store, shopId, { url });
        await storeEvent(shopId);
        return { url, log: await findDelivery(webhookId) };
      }),
    );
    for (const { url, log } of logs) {
      const errors = log.attempts.map(({ error }) => error);
      expect([url, errors]).toEqual([url, ['forbidden_target', 'forbidden_target']]);
    }
  });
  expect(connections).toBe(0);
  // No connection was tried to any address. MongoDB, Redis and the API use other ports.
  expect(connectionAttempts.filter(({ port }) => [insidePort, 80, 443].includes(port))).toEqual([]);
  console.info(`${targets.length} URLs, ${refused} refused at once, 0 connections`);
}, 120_000);

test('does not follow a redirect from an allowed endpoint', async () => {
  const outside = createServer((request, response) => {
    const status = Number(request.url?.slice(1));
    response.writeHead(status, { location: `http://127.0.0.1:${insidePort}/` }).end();
  });
  outside.listen(0, ALLOWED);
  await once(outside, 'listening');
  const { port } = outside.address() as AddressInfo;
  const range = parseAddressRange(`${ALLOWED}/32`);
  const rules = { allowedRanges: range ? [range] : [], isHttpAllowed: true };
  try {
    await withWorker(
      rules,
      async () => [],
      async () => {
        for (const status of STATUSES) {
          const shopId = newShopId();
          const url = `http://${ALLOWED}:${port}/${status}`;
          const { webhookId } = await givenWebhook(api.context.store, shopId, { url });
          await storeEvent(shopId);
          const { attempts } = await findDelivery(webhookId);
          expect(attempts.map((attempt) => attempt.status)).toEqual([status, status]);
        }
      },
    );
  } finally {
    outside.closeAllConnections();
    outside.close();
  }
  expect(connections).toBe(0);
}, 60_000);

test('a name whose address changes between two lookups is blocked; an allowed range works', async () => {
  const receiver = await startReceiver(ALLOWED);
  const range = parseAddressRange(`${ALLOWED}/32`);
  const rules = { allowedRanges: range ? [range] : [], isHttpAllowed: true };
  const { port } = new URL(receiver.url);
  // Later lookups return an address that is not allowed.
  let lookups = 0;
  const resolver = async () => {
    lookups += 1;
    return lookups === 1 ? [ALLOWED] : ['127.0.0.1'];
  };
  try {
    await withWorker(rules, resolver, async () => {
      const shopId = newShopId();
      const url = `http://rebinding.example.com:${port}/hooks`;
      const { webhookId } = await givenWebhook(api.context.store, shopId, { url });
      receiver.mode = 500;
      await storeEvent(shopId);
      const { attempts } = await findDelivery(webhookId);
      expect(attempts.map(({ error }) => error)).toEqual(['status', 'forbidden_target']);
      expect(lookups).toBe(2);
      // An event for the address that the operator allows arrives.
      receiver.mode = 204;
      const other = newShopId();
      const direct = await givenWebhook(api.context.store, other, { url: receiver.url });
      await storeEvent(other);
      expect(await findDelivery(direct.webhookId)).toMatchObject({ status: 'delivered' });
    });
    expect(receiver.received).toHaveLength(2);
    const toPort = connectionAttempts.filter((attempt) => attempt.port === Number(port));
    expect(new Set(toPort.map(({ address }) => address))).toEqual(new Set([ALLOWED]));
  } finally {
    await receiver.shut();
  }
}, 60_000);
