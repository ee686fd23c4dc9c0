import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '../../shared/runtime/logger.ts';
import { createApiServer } from './create-server.ts';
import { DrainState } from './drain-server.ts';

const CONNECTIONS_MAX = 3;
const PIPELINED_MAX = 16;
const PATIENCE = { timeout: 20_000 };

let server: Server;
let release: () => void;
let served: number;
const record = vi.fn();
const sockets: Socket[] = [];

beforeEach(async () => {
  record.mockClear();
  served = 0;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const needs = {
    basePath: '',
    config: { keepAliveMs: 60_000, load: { connectionsMax: CONNECTIONS_MAX } },
    draining: new DrainState(),
    log: createLogger('test', 'silent'),
    load: { record, recordIfShed: () => undefined, refusal: () => undefined },
    ops: { metrics: { recorderFor: () => () => undefined } },
  } as Parameters<typeof createApiServer>[0];
  server = createApiServer(needs, async (request) => {
    served += 1;
    if (request.url.endsWith('/slow')) await released;
    return new Response('served');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  server.close();
});

async function openConnection() {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  const untilReceived = (text: string) => vi.waitUntil(() => received.includes(text), PATIENCE);
  return {
    closed,
    received: () => received,
    untilReceived,
    send: (path: string, times = 1) =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`.repeat(times)),
    get: async (path: string) => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`);
      await untilReceived('\r\n\r\n');
      return received;
    },
  };
}

test('connections beyond the limit refuse all requests but probes, and close after the response', async () => {
  const within = [];
  for (let n = 0; n < CONNECTIONS_MAX; n += 1) within.push(await openConnection());
  for (const connection of within)
    expect(await connection.get('/any')).toMatch(/^HTTP\/1\.1 200.*keep-alive/s);
  const beyond = await openConnection();
  const answer = await beyond.get('/v1/checkouts');
  expect(answer).toMatch(/^HTTP\/1\.1 503 .*retry-after: 5\r\n.*connection: close/is);
  expect(answer).toContain('"code":"overloaded"');
  await beyond.closed;
  expect(record.mock.calls).toEqual([['connections']]);
  for (const path of ['/healthz', '/readyz?verbose']) {
    const probe = await openConnection();
    expect(await probe.get(path)).toMatch(/^HTTP\/1\.1 200.*connection: close/is);
    await probe.closed;
  }
  expect(served).toBe(CONNECTIONS_MAX + 2);
});

test('a connection that closes makes room for another', async () => {
  for (let n = 0; n < CONNECTIONS_MAX; n += 1) await openConnection();
  sockets[0]?.destroy();
  await vi.waitFor(async () => {
    expect(await (await openConnection()).get('/any')).toMatch(/^HTTP\/1\.1 200/);
  }, PATIENCE);
});

test('pipelined requests within the limit are answered, and then there is room for more', async () => {
  const client = await openConnection();
  for (let round = 0; round < 3; round += 1) {
    client.send('/any', PIPELINED_MAX);
    const count = (round + 1) * PIPELINED_MAX;
    await vi.waitUntil(() => client.received().split('served').length === count + 1, PATIENCE);
  }
  expect(record).not.toHaveBeenCalled();
});

test('a client that pipelines too many requests gets answers up to the limit, a refusal and a closed connection', async () => {
  const client = await openConnection();
  client.send('/slow', 10 * PIPELINED_MAX);
  await vi.waitUntil(() => record.mock.calls.length > 0, PATIENCE);
  release();
  await client.closed;
  const statuses = [...client.received().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  expect(statuses).toEqual([...Array(PIPELINED_MAX).fill('200'), '503']);
  expect(served).toBe(PIPELINED_MAX);
  expect(record.mock.calls).toEqual([['pipelined']]);
});
