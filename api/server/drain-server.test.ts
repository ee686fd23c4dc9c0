import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '../../shared/runtime/logger.ts';
import { createApiServer } from './create-server.ts';
import { DrainState, ServerDrain } from './drain-server.ts';

const AFTER_GRACE_MS = 1_001;
/** `untilLookedAgain` waits until the drain has read its clock this many times more. */
const LOOKS = 3;
/** Far more than any condition takes, even on a busy machine. */
const PATIENCE = { timeout: 20_000 };
const READY = 'GET /ready HTTP/1.1\r\nHost: here\r\n\r\n';
const STREAM = 'GET /stream HTTP/1.1\r\nHost: here\r\n\r\n';

let server: Server;
let draining: DrainState;
let drain: ServerDrain;
/** The time of the drain's clock, and how often the drain has read it. */
let time: number;
let looks: number;
/** Ends the answer to `/stream`, which begins at once. */
let endStream: () => void;
const sockets: Socket[] = [];

beforeEach(async () => {
  draining = new DrainState();
  time = 0;
  looks = 0;
  const context = {
    basePath: '',
    config: { keepAliveMs: 60_000, load: { connectionsMax: 100 } },
    load: { record: () => undefined, recordIfShed: () => undefined, refusal: () => undefined },
    ops: { metrics: { recorderFor: () => () => undefined } },
    draining,
    log: createLogger('test', 'silent'),
  } as Parameters<typeof createApiServer>[0];
  server = createApiServer(context, (request) => {
    if (!request.url.endsWith('/stream')) return new Response('ready');
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.from('begun\n'));
        endStream = () => {
          controller.enqueue(Buffer.from('ended\n'));
          controller.close();
        };
      },
    });
    return new Response(body);
  });
  drain = new ServerDrain(server, () => {
    looks += 1;
    return time;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
});

/** Opens a connection and collects what it receives. */
async function openConnection() {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  const isClosed = once(socket, 'close').then(() => true);
  await once(socket, 'connect');
  return {
    send: (text: string) => socket.write(text),
    received: () => received,
    untilReceived: (text: string) => vi.waitUntil(() => received.includes(text), PATIENCE),
    isClosed,
  };
}

async function openIdleConnection() {
  const connection = await openConnection();
  connection.send(READY);
  await connection.untilReceived('ready');
  return connection;
}

async function openStream() {
  const connection = await openConnection();
  connection.send(STREAM);
  await connection.untilReceived('begun');
  return connection;
}

const untilLookedAgain = () => {
  const target = looks + LOOKS;
  return vi.waitUntil(() => looks >= target, PATIENCE);
};

test('a client whose answer began before the drain may send one more request after the answer', async () => {
  const [idle, stream] = [await openIdleConnection(), await openStream()];
  draining.begin();
  const drained = drain.close();
  await untilLookedAgain();
  time += AFTER_GRACE_MS;
  expect(await idle.isClosed).toBe(true);

  endStream();
  await stream.untilReceived('ended');
  await untilLookedAgain();
  stream.send(READY);
  await stream.untilReceived('ready');
  expect(stream.received().match(/connection: [\w-]+/gi)).toEqual([
    'Connection: keep-alive',
    'Connection: close',
  ]);
  await stream.isClosed;
  await drained;
});

test('requests that are pipelined behind a running answer are answered', async () => {
  const stream = await openStream();
  stream.send(READY);
  draining.begin();
  const drained = drain.close();
  time += AFTER_GRACE_MS;
  await untilLookedAgain();
  endStream();
  await stream.isClosed;
  await drained;
  expect(stream.received()).toMatch(/ended.*connection: close.*ready$/is);
});

test('idle connections are closed after a second, whether they were used before or not', async () => {
  const [idle, unused, stream] = [
    await openIdleConnection(),
    await openConnection(),
    await openStream(),
  ];
  draining.begin();
  const drained = drain.close();
  await untilLookedAgain();
  time += AFTER_GRACE_MS;
  await Promise.all([idle.isClosed, unused.isClosed]);
  endStream();
  await stream.untilReceived('ended');
  await untilLookedAgain();
  time += AFTER_GRACE_MS;
  await stream.isClosed;
  await drained;
});

test('a client that aborts its connection does not delay the drain', async () => {
  const stream = await openStream();
  draining.begin();
  const drained = drain.close();
  time += AFTER_GRACE_MS;
  sockets.at(-1)?.destroy();
  await stream.isClosed;
  await drained;
});
