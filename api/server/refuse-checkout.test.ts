import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RefusedError } from '../../shared/domain/errors.ts';
import { createLogger } from '../../shared/runtime/logger.ts';
import { createApiServer } from './create-server.ts';
import { DrainState } from './drain-server.ts';

const recordRequest = vi.fn();
const recordIfShed = vi.fn();
let server: Server;
let refusal: RefusedError | undefined;
let url = '';

beforeEach(async () => {
  recordRequest.mockClear();
  recordIfShed.mockClear();
  const extra = { reason: 'requests_in_progress', retryAfterS: 2 };
  refusal = new RefusedError('overloaded', 'Too many requests are in progress.', [], extra);
  const needs = {
    basePath: '/shop',
    config: { keepAliveMs: 60_000, load: { connectionsMax: 10 } },
    draining: new DrainState(),
    log: createLogger('test', 'silent'),
    load: { record: () => undefined, recordIfShed, refusal: () => refusal },
    ops: { metrics: { recorderFor: () => recordRequest } },
  } as Parameters<typeof createApiServer>[0];
  server = createApiServer(needs, () => new Response('routed'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function post(path: string, headers: Record<string, string> = {}) {
  return fetch(`${url}${path}`, { method: 'POST', body: '{"buyerId":"b"}', headers });
}

test.each(['/v1/checkouts', '/shop/v1/checkouts'])(
  'POST %s is refused before the router',
  async (path) => {
    const answer = await post(path);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('connection')).toBe('keep-alive');
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toEqual({
      type: '/shop/docs/errors/overloaded',
      title: 'Service Unavailable',
      status: 503,
      detail: 'Too many requests are in progress.',
      code: 'overloaded',
      reason: 'requests_in_progress',
      requestId: answer.headers.get('x-request-id'),
      retryAfterS: 2,
    });
    expect(recordRequest.mock.calls).toEqual([[503, expect.any(Number)]]);
    expect(recordRequest.mock.calls[0]?.[1]).toBeGreaterThan(0);
    expect(recordIfShed.mock.calls).toEqual([[refusal]]);
  },
);

test('the router answers other requests, and checkouts from web pages, which need CORS headers', async () => {
  const withdraw = '/v1/checkouts/chk_1/withdraw';
  for (const path of [withdraw, '/v1/checkouts?x=1', '/other/v1/checkouts']) {
    expect(await (await post(path)).text()).toBe('routed');
  }
  const page = await post('/v1/checkouts', { origin: 'https://shop.example' });
  expect(await page.text()).toBe('routed');
  expect(await (await fetch(`${url}/v1/checkouts`)).text()).toBe('routed');
  expect(recordRequest).not.toHaveBeenCalled();
});

test('the router answers while there is room', async () => {
  refusal = undefined;
  expect(await (await post('/v1/checkouts')).text()).toBe('routed');
});
