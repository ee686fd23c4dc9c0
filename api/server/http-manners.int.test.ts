import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { givenForSale, givenOrders } from '../testing/requests.ts';
import { startTestApi, TEST_OPERATOR, type TestApi } from '../testing/start-test-api.ts';
import { readRaw, sendRaw } from './testing/raw-request.ts';

const namespace = testNamespace();
let api: TestApi;
let port = 0;

beforeAll(async () => {
  api = await startTestApi(namespace, { corsOrigins: ['https://shop.example'] });
  port = Number(new URL(api.url).port);
});
afterAll(() => api.close());

const LONG = 'a'.repeat(20_000);
const POST = 'POST /v1/checkouts HTTP/1.1\r\nHost: here\r\n';

describe('unacceptable HTTP is refused with a problem document', () => {
  test.each([
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: here\r\n\r\n', 501, 'unknown_method'],
    ['another protocol', 'hello\r\n\r\n', 400, 'malformed_request'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01', 400, 'malformed_request'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'malformed_request'],
    ['another version', 'GET / HTTP/3.0\r\nHost: here\r\n\r\n', 400, 'malformed_request'],
    [
      'a header name with a space',
      'GET / HTTP/1.1\r\nHost: here\r\nBad Name: 1\r\n\r\n',
      400,
      'malformed_request',
    ],
    ['a long header', `GET / HTTP/1.1\r\nHost: a\r\nX: ${LONG}\r\n\r\n`, 431, 'headers_too_large'],
    ['a long target', `GET /${LONG} HTTP/1.1\r\nHost: a\r\n\r\n`, 431, 'headers_too_large'],
    ['no Host header', 'GET /healthz HTTP/1.1\r\n\r\n', 400, 'malformed_request'],
    [
      'two Host headers',
      'GET /healthz HTTP/1.1\r\nHost: a\r\nHOST: a\r\n\r\n',
      400,
      'malformed_request',
    ],
    [
      'two Host headers in HTTP/1.0',
      'GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n',
      400,
      'malformed_request',
    ],
    [
      'a malformed Host',
      'GET / HTTP/1.1\r\nHost: a b/\r\nConnection: close\r\n\r\n',
      400,
      'malformed_request',
    ],
    [
      'a malformed chunk',
      `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
      'malformed_request',
    ],
    [
      'two Content-Length headers',
      `${POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`,
      400,
      'malformed_request',
    ],
    [
      'an unsupported transfer coding',
      `${POST}Transfer-Encoding: gzip\r\n\r\n{}`,
      400,
      'malformed_request',
    ],
    [
      'an unsupported expectation',
      `${POST}Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}`,
      417,
      'expectation_failed',
    ],
    ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n', 405, 'method_not_allowed'],
  ])('%s', async (_what, text, status, code) => {
    const answer = await sendRaw(port, text);
    expect(answer).toMatchObject({ status, body: { status, code, requestId: expect.any(String) } });
    for (const header of [
      'content-type: application/problem+json',
      'cache-control: no-store',
      'x-content-type-options: nosniff',
      'connection: close',
      'x-request-id: req_',
    ]) {
      expect(answer.head.toLowerCase()).toContain(header);
    }
  });

  test('whole requests before a malformed request are answered first, in their order', async () => {
    const known = 'GET /readyz HTTP/1.1\r\nHost: here\r\n\r\n';
    const unknown = 'GET /v1/nothing HTTP/1.1\r\nHost: here\r\n\r\n';
    const text = await readRaw(port, `${known}${unknown}garbage\r\n\r\n`);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual([200, 404, 501].map((n) => `HTTP/1.1 ${n}`));
  });
});

test.each([
  ['HTTP/1.0 without Host', 'GET /healthz HTTP/1.0\r\n\r\n', 200],
  ['HTTP/1.0 with Host', 'GET /readyz HTTP/1.0\r\nHost: here\r\n\r\n', 200],
  ['OPTIONS as HAProxy sends it', 'OPTIONS /healthz HTTP/1.0\r\n\r\n', 204],
  ['HEAD', 'HEAD /healthz HTTP/1.0\r\n\r\n', 200],
])('a health check is answered: %s', async (_what, text, status) => {
  expect((await sendRaw(port, text)).status).toBe(status);
});

test('an unsupported upgrade is ignored', async () => {
  const upgrade = 'Connection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n';
  const answer = await sendRaw(port, `GET /healthz HTTP/1.1\r\nHost: here\r\n${upgrade}`);
  expect(answer).toMatchObject({ status: 200, body: { status: 'ok' } });
});

test.each([
  ['GET', '/v1/checkouts', 'OPTIONS, POST'],
  ['TRACE', '/healthz', 'GET, HEAD, OPTIONS'],
  ['QUERY', '/v1/products', 'GET, HEAD, OPTIONS, POST'],
  ['DELETE', '/openapi.json', 'GET, HEAD, OPTIONS'],
  ['POST', '/docs', 'GET, HEAD, OPTIONS'],
  ['PUT', '/v1/carts/crt_1', 'DELETE, GET, HEAD, OPTIONS'],
])('%s %s is not allowed, and Allow lists the methods', async (method, path, allow) => {
  const answer = await sendRaw(port, `${method} ${path} HTTP/1.0\r\n\r\n`);
  expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
  expect(answer.head).toMatch(new RegExp(`^allow: ${allow}\r?$`, 'im'));
});

test('an unknown path is 404 for GET, DELETE and TRACE', async () => {
  for (const method of ['GET', 'DELETE', 'TRACE']) {
    const answer = await sendRaw(port, `${method} /v1/nothing HTTP/1.0\r\n\r\n`);
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
  }
});

test.each([
  ['/v1/products', 'no-store'],
  ['/v1/products?limit=0', 'no-store'],
  ['/v1/orders/ord_1', 'no-store'],
  ['/v1/nothing', 'no-store'],
  ['/healthz', 'no-store'],
  ['/readyz', 'no-store'],
  ['/ops/queues', 'no-store'],
  ['/metrics', 'no-store'],
  ['/openapi.json', 'public, max-age=300'],
  ['/.well-known/jwks.json', 'public, max-age=300'],
  ['/docs', 'public, max-age=3600'],
  ['/docs/start.js', 'public, max-age=3600'],
])('%s has Cache-Control: %s if it answers 200, and always nosniff', async (path, cacheControl) => {
  for (const caller of [api.shopA, api.anonymous]) {
    const { headers, status } = await caller.get(path);
    expect(headers.get('cache-control')).toBe(status === 200 ? cacheControl : 'no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-request-id')).toMatch(/^req_/);
  }
});

test('authentication schemes are case-insensitive, with any number of spaces', async () => {
  const { username, password } = TEST_OPERATOR;
  const login = Buffer.from(`${username}:${password}`).toString('base64');
  for (const scheme of ['Basic ', 'BASIC ', 'basic   ']) {
    const answer = await api.anonymous.get('/metrics', { authorization: `${scheme}${login}` });
    expect(answer.status).toBe(200);
  }
  const { body } = await api.shopA.post<{ token: string }>('/v1/buyer-tokens', { buyerId: 'b' });
  for (const scheme of ['Bearer ', 'bearer ', 'BEARER    ']) {
    const headers = { authorization: `${scheme}${body.token}` };
    expect((await api.anonymous.get('/v1/carts', headers)).status).toBe(200);
  }
  for (const scheme of ['Bearer', 'Bearer:', 'Token ', 'Bearer, ']) {
    const headers = { authorization: `${scheme}${body.token}` };
    expect((await api.anonymous.get('/v1/carts', headers)).status).toBe(401);
  }
});

test('WWW-Authenticate lists the schemes of the route', async () => {
  const challenge = async (path: string, headers: Record<string, string> = {}) =>
    (await api.anonymous.get(path, headers)).headers.get('www-authenticate');
  expect(await challenge('/v1/carts')).toBe('ApiKey realm="lastunit", Bearer realm="lastunit"');
  expect(await challenge('/v1/carts', { authorization: 'bearer a.b.c' })).toBe(
    'ApiKey realm="lastunit", Bearer realm="lastunit", error="invalid_token"',
  );
  expect(await challenge('/v1/api-keys', { 'x-api-key': 'lu_no' })).toBe('Bearer realm="lastunit"');
  expect(await challenge('/ops/verdict')).toBe('Basic realm="lastunit ops", charset="UTF-8"');
});

test('pages of other origins may read the headers that clients need', async () => {
  const { headers } = await api.shopA.get('/v1/products', { origin: 'https://shop.example' });
  const exposed = headers.get('access-control-expose-headers')?.toLowerCase().split(',');
  expect(exposed).toEqual(
    expect.arrayContaining([
      'etag',
      'idempotent-replayed',
      'location',
      'ratelimit',
      'ratelimit-policy',
      'retry-after',
      'www-authenticate',
      'x-request-id',
    ]),
  );
});

test.each([
  ['/v1/products', 200],
  ['/v1/orders?limit=1', 200],
  ['/v1/orders/export', 200],
  ['/v1/orders?limit=0', 400],
  ['/v1/orders/ord_1', 404],
])('HEAD %s has the headers of GET and no body, also with CORS', async (path, status) => {
  const origin = 'https://shop.example';
  const headers = { 'x-api-key': api.shopA.apiKey, origin };
  const answer = await fetch(`${api.url}${path}`, { method: 'HEAD', headers });
  expect([answer.status, await answer.text()]).toEqual([status, '']);
  expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
  expect(answer.headers.get('vary')).toBe('Origin');
  const get = await api.shopA.get(path, { origin });
  expect(answer.headers.get('content-type')).toBe(get.headers.get('content-type'));
});

test.each([
  ['https://shop.example', 'https://shop.example'],
  ['https://other.example', null],
  ['null', null],
])('for a page of %s, Access-Control-Allow-Origin is %s', async (origin, expected) => {
  const { headers } = await api.shopA.get('/v1/products', { origin });
  expect(headers.get('access-control-allow-origin')).toBe(expected);
  expect(headers.get('vary')).toBe('Origin');
});

test('an event stream has the headers of every answer, also with CORS', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const { checkoutId } = await givenOrders(api, api.shopA, [variantId]);
  const path = `/v1/checkouts/${checkoutId}/events`;
  for (const version of ['1.0', '1.1']) {
    const credentials = `X-Api-Key: ${api.shopA.apiKey}\r\nOrigin: https://shop.example\r\n`;
    const rest = `Host: here\r\n${credentials}Connection: close\r\n\r\n`;
    const { status, head } = await sendRaw(port, `GET ${path} HTTP/${version}\r\n${rest}`);
    expect(status).toBe(200);
    expect(head).toMatch(/^cache-control: no-store\r?$/im);
    expect(head).toMatch(/^connection: close\r?$/im);
    expect(/^transfer-encoding: chunked/im.test(head)).toBe(version === '1.1');
  }
});

test('a preflight has a request id, and other OPTIONS get the methods of the path', async () => {
  const sendOptions = (path: string, headers: Record<string, string>) =>
    fetch(`${api.url}${path}`, { method: 'OPTIONS', headers });
  const origin = 'https://shop.example';
  const preflight = await sendOptions('/v1/carts', {
    origin,
    'access-control-request-method': 'POST',
  });
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([
    204,
    origin,
  ]);
  expect(preflight.headers.get('x-request-id')).toMatch(/^req_/);
  const probe = await sendOptions('/v1/carts', {});
  expect([probe.status, probe.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
  expect(probe.headers.get('x-request-id')).toMatch(/^req_/);
  expect((await sendOptions('/v1/nothing', {})).status).toBe(404);
});

test('a body that does not arrive in time is refused, and the connection closed', async () => {
  const rest = `Host: here\r\nX-Api-Key: ${api.shopA.apiKey}\r\nIdempotency-Key: late\r\n`;
  const type = 'Content-Type: application/json\r\n';
  const answers = await Promise.all(
    [
      `POST /v1/checkouts HTTP/1.1\r\n${rest}${type}Content-Length: 100\r\n\r\n{`,
      `POST /v1/checkouts HTTP/1.1\r\n${rest}${type}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
      `GET /v1/products HTTP/1.1\r\n${rest}${type}Content-Length: 2\r\n\r\n{`,
    ].map((text) => sendRaw(port, text)),
  );
  for (const { status, body, head } of answers) {
    expect([status, body]).toEqual([408, expect.objectContaining({ code: 'request_timeout' })]);
    expect(head).toMatch(/^connection: close\r?$/im);
  }
}, 30_000);

test('the refusal of a compressed body has Accept-Encoding', async () => {
  const headers = { 'content-encoding': 'gzip', 'idempotency-key': 'gzip' };
  const answer = await api.shopA.post('/v1/checkouts', '\x1f\x8b', headers);
  expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  expect(answer.headers.get('accept-encoding')).toBe('identity');
});
