import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import {
  type Api,
  checkReachable,
  describeAnswer,
  openApi,
  SystemUnreachableError,
} from './api.ts';

const UNUSED_URL = 'http://127.0.0.1:9';
const CREDENTIALS = { apiKey: 'the key', ops: { username: 'ops', password: 'geheim ü' } };

function connectTo(apiUrl: string): Api {
  const api = openApi({ apiUrl, ...CREDENTIALS }, 2);
  onTestFinished(() => api.close());
  return api;
}

/** Starts a server that responds with these statuses in sequence; 0 cuts the connection. */
async function startServer(...statuses: number[]) {
  const received: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const status = statuses[received.push(request) - 1] ?? 200;
    if (status === 0) return void request.socket.destroy();
    const body = JSON.stringify({ count: received.length, word: 'ü' });
    response.writeHead(status, { 'content-length': Buffer.byteLength(body) }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { api: connectTo(`http://127.0.0.1:${port}`), received };
}

test('retries with the same key after a 503, a 429 and a cut connection', async () => {
  const { api, received } = await startServer(503, 429, 0, 202);
  const request = {
    method: 'POST',
    path: '/v1/checkouts',
    idempotencyKey: 'k1',
    body: {},
  } as const;
  const answer = await api.call(request);
  expect(answer).toEqual({ status: 202, body: { count: 4, word: 'ü' } });
  expect(received.map(({ headers }) => headers['idempotency-key'])).toEqual([
    'k1',
    'k1',
    'k1',
    'k1',
  ]);
  expect(received[0]?.headers).toMatchObject({ 'x-api-key': 'the key' });
});

test('does not retry after a refusal or a server error', async () => {
  const { api } = await startServer(422, 500);
  expect((await api.call({ method: 'GET', path: '/' })).status).toBe(422);
  expect((await api.call({ method: 'GET', path: '/', waitS: 5 })).status).toBe(500);
});

test('an operator sends a name and a password but no key', async () => {
  const { api, received } = await startServer();
  await api.call({ method: 'GET', path: '/ops/verdict', as: 'operator' });
  const { authorization, 'x-api-key': apiKey } = received[0]?.headers ?? {};
  expect(apiKey).toBeUndefined();
  const encoded = authorization?.replace('Basic ', '') ?? '';
  expect(Buffer.from(encoded, 'base64').toString()).toBe('ops:geheim ü');
});

test('gives up on an unreachable system after `triesMax` attempts', async () => {
  const { api, received } = await startServer(503, 503, 503);
  const calling = api.call({ method: 'GET', path: '/', triesMax: 2 });
  await expect(calling).rejects.toThrow(/is unreachable: GET \/: it responds with 503/);
  expect(received).toHaveLength(2);
  await expect(checkReachable(connectTo(UNUSED_URL))).rejects.toThrow(SystemUnreachableError);
});

test('a system whose health check is not answered 200 counts as unreachable', async () => {
  const { api } = await startServer(200, 400);
  await checkReachable(api);
  const checking = checkReachable(api);
  await expect(checking).rejects.toThrow(SystemUnreachableError);
  await expect(checking).rejects.toThrow('GET /healthz was answered 400');
});

test('describes a response by its status, code and detail', () => {
  expect(describeAnswer({ status: 404, body: { code: 'not_found', detail: 'No.' } })).toBe(
    '404 not_found No.',
  );
  expect(describeAnswer({ status: 500, body: {} })).toBe('500');
});
