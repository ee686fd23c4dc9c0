import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, onTestFinished, test, vi } from 'vitest';
import { skipIfMissing } from '../../shared/testing/skip-if-missing.ts';
import { LightClient } from './light-client.ts';
import { CutConnectionError } from './light-connection.ts';

async function listen(server: Server, host = '127.0.0.1'): Promise<string> {
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** Starts a server that calls `onData` for each chunk it receives, and collects its connections. */
async function startRawServer(onData: (socket: Socket, text: string, connection: number) => void) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const connection = sockets.push(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => onData(socket, bytes.toString(), connection));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { url: await listen(server), sockets };
}

function connectTo(url: string, connectionsMax: number): LightClient {
  const client = new LightClient(url, connectionsMax);
  onTestFinished(() => client.close());
  return client;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('a real server receives the request unchanged', async () => {
  const answer: RequestListener = (request, response) => {
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const seen = { method: request.method, path: request.url, key: request.headers['x-key'] };
      const text = JSON.stringify({ ...seen, body });
      response.writeHead(201, { 'content-length': Buffer.byteLength(text) }).end(text);
    });
  };
  const client = connectTo(await listen(createHttpServer(answer)), 2);
  const response = await client.send('POST', '/things?x=1', 'X-Key: k\r\n', 'Käse ☃');
  expect(response.status).toBe(201);
  expect(JSON.parse(response.body)).toEqual({
    method: 'POST',
    path: '/things?x=1',
    key: 'k',
    body: 'Käse ☃',
  });
});

const interfaces = Object.values(networkInterfaces()).flat();
const hasIPv6 = interfaces.some((address) => address?.address === '::1');

async function expectHost(host: string): Promise<void> {
  const answer: RequestListener = ({ headers }, response) => {
    const text = String(headers.host);
    response.writeHead(200, { 'content-length': text.length }).end(text);
  };
  const url = await listen(createHttpServer(answer), host);
  const { body } = await connectTo(url, 1).send('GET', '/', '');
  expect(body).toBe(new URL(url).host);
}

test('the header Host contains the port', () => expectHost('127.0.0.1'));

test(
  'the header Host contains the brackets of an IPv6 address',
  skipIfMissing(hasIPv6 ? undefined : 'there is no IPv6'),
  () => expectHost('::1'),
);

function drip(socket: Socket, text: string): void {
  if (text === '') return;
  socket.write(text.slice(0, 1));
  setImmediate(() => drip(socket, text.slice(1)));
}

test('reads a response that arrives byte by byte', async () => {
  const { url } = await startRawServer((socket) => drip(socket, OK));
  const client = connectTo(url, 1);
  expect(await client.send('GET', '/', '')).toEqual({ status: 200, body: 'ok' });
  expect(await client.send('GET', '/', '')).toEqual({ status: 200, body: 'ok' });
});

test('keeps connections alive and never opens more than the maximum', async () => {
  const { url, sockets } = await startRawServer((socket) => socket.write(OK));
  const client = connectTo(url, 3);
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.send('GET', '/', '')));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(sockets).toHaveLength(3);
});

test('opens all connections in advance, and requests use them', async () => {
  const { url, sockets } = await startRawServer((socket) => socket.write(OK));
  const client = connectTo(url, 5);
  await client.open();
  await vi.waitFor(() => expect(sockets).toHaveLength(5));
  await Promise.all(Array.from({ length: 20 }, () => client.send('GET', '/', '')));
  expect(sockets).toHaveLength(5);
});

test('a connection that closes before its response fails only that request', async () => {
  const { url } = await startRawServer((socket, text) => {
    if (text.includes('/bad')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nha');
    else socket.write(OK);
  });
  const client = connectTo(url, 1);
  const bad = client.send('GET', '/bad', '');
  const good = client.send('GET', '/good', '');
  await expect(bad).rejects.toThrow(CutConnectionError);
  expect((await good).body).toBe('ok');
});

test('replaces a connection that the server closed while it was idle', async () => {
  const { url, sockets } = await startRawServer((socket) => socket.write(OK));
  const client = connectTo(url, 1);
  await client.send('GET', '/', '');
  sockets[0]?.end();
  await vi.waitFor(() => expect(sockets[0]?.destroyed).toBe(true));
  expect((await client.send('GET', '/', '')).status).toBe(200);
  expect(sockets).toHaveLength(2);
});

test('does not reuse a connection that the server closes', async () => {
  const last = OK.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
  const { url, sockets } = await startRawServer((socket) => socket.write(last));
  const client = connectTo(url, 1);
  await Promise.all(Array.from({ length: 4 }, () => client.send('GET', '/', '')));
  expect(sockets).toHaveLength(4);
});

test('without a server, every request fails, and so does opening connections', async () => {
  const server = createServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const client = connectTo(url, 2);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, () => client.send('GET', '/', '')),
  );
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  await expect(client.open()).rejects.toThrow('ECONNREFUSED');
});

test('closing fails running, waiting and later requests', async () => {
  const { url, sockets } = await startRawServer(() => undefined);
  const client = connectTo(url, 1);
  const requests = [client.send('GET', '/1', ''), client.send('GET', '/2', '')];
  await vi.waitFor(() => expect(sockets).toHaveLength(1));
  client.close();
  const outcomes = await Promise.allSettled([...requests, client.send('GET', '/3', '')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});

test('cuts a connection that stays silent for longer than its request allows', async () => {
  const { url } = await startRawServer((socket, text) => {
    if (!text.includes('/silent')) socket.write(OK);
  });
  const client = connectTo(url, 1);
  const silent = client.send('GET', '/silent', '', '', 50);
  const next = client.send('GET', '/', '');
  await expect(silent).rejects.toThrow('no data for 50 ms');
  expect((await next).body).toBe('ok');
});

test('rejects a chunked response with a clear error', async () => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';
  const { url } = await startRawServer((socket) => socket.write(chunked));
  await expect(connectTo(url, 1).send('GET', '/', '')).rejects.toThrow('in chunks');
});
