import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../shared/services/processes/ports.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { Store } from '../../shared/store/store.ts';
import { sendDelivery } from './send-delivery.ts';
import {
  givenDeliveryContext,
  givenReceiver,
  LOOPBACK_ALLOWED,
  QUICK_TIMES,
} from './testing/given-deliverer.ts';

const delivery = {
  _id: 'dlv_1',
  eventId: 'evt_1-0',
  payload: JSON.stringify({ id: 'evt_1-0', type: 'order.confirmed', timestamp: '', data: {} }),
} as DeliveryRecord;

/** Sends one delivery; the store is not needed for that. */
function send(
  url: string,
  overrides: Parameters<typeof givenDeliveryContext>[1] = {},
  stopping = new AbortController().signal,
) {
  const context = givenDeliveryContext(undefined as unknown as Store, overrides);
  const webhook = { _id: 'whk_1', url, generation: 0 } as WebhookRecord;
  return sendDelivery(context, webhook, delivery, stopping);
}

/**
 * Starts a TCP listener that answers any bytes with `reply`, and then ends the connection unless
 * `isKeptOpen` is true. Without a `reply` it never answers.
 */
async function givenListener(
  reply: string | undefined,
  isKeptOpen = false,
): Promise<{ port: number; received: Buffer[] }> {
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received.push(chunk);
      if (reply === undefined) return;
      if (isKeptOpen) socket.write(reply);
      else socket.end(reply);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, received };
}

test.each([200, 201, 204, 299])('%d is a success', async (status) => {
  const receiver = await givenReceiver();
  receiver.mode = status;
  expect(await send(receiver.url)).toMatchObject({ status });
  expect(await send(receiver.url)).not.toHaveProperty('error');
});

test.each([300, 301, 302, 307, 308, 400, 404, 410, 500, 503])('%d is a failure', async (status) => {
  const receiver = await givenReceiver();
  receiver.mode = status;
  expect(await send(receiver.url)).toMatchObject({ status, error: 'status' });
  expect(receiver.received).toHaveLength(1);
});

test('a redirect is not followed', async () => {
  const [receiver, elsewhere] = [await givenReceiver(), await givenReceiver()];
  receiver.mode = 'redirect';
  receiver.redirectTo = elsewhere.url;
  expect(await send(receiver.url)).toMatchObject({ status: 301, error: 'status' });
  expect(elsewhere.connections()).toBe(0);
});

test('huge and endless bodies are cut, and their status counts', async () => {
  const receiver = await givenReceiver();
  // The timeout is long, so only the end of the body can end the wait for it.
  const times = { ...QUICK_TIMES, sendTimeoutMs: 60_000 };
  receiver.mode = 'huge';
  for (let round = 0; round < 5; round += 1) {
    const result = await send(receiver.url, { times });
    expect(result).toMatchObject({ status: 200, response: 'x'.repeat(1_024) });
    expect(result?.error).toBeUndefined();
  }
  // 16 KiB of each body are read, and a few more pieces have been sent when the connection is cut.
  expect(receiver.hugeBytes()).toBeLessThan(5 * 500_000);
  receiver.mode = 'endless';
  expect(await send(receiver.url, { times })).toMatchObject({ status: 500, error: 'status' });
});

test('a receiver that does not answer is given up in time', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 'silent';
  const result = await send(receiver.url, { times: { ...QUICK_TIMES, sendTimeoutMs: 300 } });
  expect(result).toMatchObject({ error: 'timeout' });
  expect(result?.durationMs).toBeGreaterThanOrEqual(299);
});

test('the status counts if the time is up while the body arrives', async () => {
  const stalling = await givenListener('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok', true);
  const times = { ...QUICK_TIMES, sendTimeoutMs: 3_000, bodyTimeoutMs: 60_000 };
  const result = await send(`http://127.0.0.1:${stalling.port}/`, { times });
  expect(result).toMatchObject({ status: 200, response: 'ok' });
  expect(result?.error).toBeUndefined();
  expect(result?.durationMs).toBeLessThan(30_000);
});

test('a name that is not resolved in time is given up', async () => {
  const times = { ...QUICK_TIMES, sendTimeoutMs: 200 };
  const resolver = () => new Promise<string[]>(() => undefined);
  expect(await send('http://slow.example/', { times, resolver })).toMatchObject({
    error: 'timeout',
  });
});

test('attempts without a usable HTTP answer have an error code', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 'reset';
  expect(await send(receiver.url)).toMatchObject({ error: 'connection' });
  expect(await send(`http://127.0.0.1:${await freePort()}/`)).toMatchObject({
    error: 'connection',
  });
  const smtp = await givenListener('220 smtp.example ready\r\n');
  expect(await send(`http://127.0.0.1:${smtp.port}/`)).toMatchObject({ error: 'connection' });
  const plain = await givenListener('HTTP/1.1 200 OK\r\n\r\n');
  expect(await send(`https://127.0.0.1:${plain.port}/`)).toMatchObject({ error: 'tls' });
  const headers = `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`;
  const longHeaders = await givenListener(headers);
  expect(await send(`http://127.0.0.1:${longHeaders.port}/`)).toMatchObject({
    error: 'connection',
  });
  const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n';
  const switching = await givenListener(upgrade);
  expect(await send(`http://127.0.0.1:${switching.port}/`)).toMatchObject({ error: 'connection' });
});

test('a kept connection that was closed is replaced without a failure', async () => {
  const receiver = await givenReceiver();
  await send(receiver.url);
  expect(receiver.connections()).toBe(1);
  await send(receiver.url);
  expect(receiver.connections()).toBe(1);
  let count = 0;
  receiver.mode = () => {
    count += 1;
    return count === 1 ? 'reset' : 200;
  };
  expect(await send(receiver.url)).toMatchObject({ status: 200 });
  expect(receiver.connections()).toBe(2);
});

test('a name is resolved once, and the request to the checked address carries that name', async () => {
  const receiver = await givenReceiver();
  const { port } = new URL(receiver.url);
  const lookups: string[] = [];
  const resolver = async (host: string) => {
    lookups.push(host);
    return ['127.0.0.1'];
  };
  const url = `http://Hooks.Example.com:${port}/x`;
  expect(await send(url, { resolver })).toMatchObject({ status: 204 });
  expect(lookups).toEqual(['hooks.example.com']);
  expect(receiver.received[0]?.headers.host).toBe(`hooks.example.com:${port}`);
  expect(receiver.received).toHaveLength(1);
});

test('nothing is sent to a name without addresses, or with one address that is not allowed', async () => {
  const receiver = await givenReceiver();
  const { port } = new URL(receiver.url);
  const url = `http://hooks.example.com:${port}/x`;
  expect(await send(url, { resolver: async () => [] })).toMatchObject({ error: 'unknown_host' });
  const resolver = async () => ['127.0.0.1', '10.0.0.1'];
  expect(await send(url, { resolver })).toMatchObject({ error: 'forbidden_target' });
  expect(receiver.connections()).toBe(0);
});

test('TLS uses the name, although the connection goes to the address', async () => {
  const listener = await givenListener(undefined);
  const times = { ...QUICK_TIMES, connectTimeoutMs: 200 };
  const resolver = async () => ['127.0.0.1'];
  const url = `https://hooks.example.com:${listener.port}/`;
  expect(await send(url, { resolver, times })).toMatchObject({ error: 'timeout' });
  const hello = Buffer.concat(listener.received).toString('latin1');
  expect(hello).toContain('hooks.example.com');
});

test('an http URL is refused when the delivery is sent, if the rules do not allow http', async () => {
  const receiver = await givenReceiver();
  const rules = { ...LOOPBACK_ALLOWED, isHttpAllowed: false };
  expect(await send(receiver.url, { rules })).toMatchObject({ error: 'forbidden_target' });
  expect(receiver.connections()).toBe(0);
});

test('Retry-After is part of the result, unless its time has passed', async () => {
  const seconds = await givenListener(
    'HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n',
  );
  expect(await send(`http://127.0.0.1:${seconds.port}/`)).toMatchObject({ retryAfterMs: 120_000 });
  const past = await givenListener(
    'HTTP/1.1 503 Busy\r\nretry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n\r\n',
  );
  expect(await send(`http://127.0.0.1:${past.port}/`)).not.toHaveProperty('retryAfterMs');
});

test('an attempt that the shutdown aborts has no result', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 'silent';
  const stopping = new AbortController();
  const sending = send(receiver.url, {}, stopping.signal);
  await expect.poll(() => receiver.received.length).toBe(1);
  stopping.abort();
  expect(await sending).toBeUndefined();
});
