import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SETTLE_CHECKOUTS, settleJobId } from '../../shared/contract/jobs.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { toJob } from '../../shared/testing/settle-jobs.ts';
import { startTestApi, TEST_OPERATOR, type TestApi } from '../testing/start-test-api.ts';
import { everyOpsRoute } from './testing/every-ops-route.ts';
import { asOperator, callOps, login } from './testing/ops-calls.ts';

const namespace = testNamespace();
const checkoutId = 'chk_00000000000000000000000000';
const jobId = settleJobId(checkoutId, 0);
const routes = everyOpsRoute({ queueName: SETTLE_CHECKOUTS.queue, jobId, checkoutId });
const changing = routes.filter(({ method }) => method !== 'GET');
const reading = routes.filter(({ method }) => method === 'GET');

let api: TestApi;
let before: unknown;

beforeAll(async () => {
  api = await startTestApi(namespace);
  await api.context.queue.enqueue([toJob(checkoutId)]);
  before = await queueState();
});
afterAll(() => api.close());

async function queueState(): Promise<unknown> {
  const { bull } = api.context.queue;
  const job = await bull.getJob(jobId);
  return [await bull.getJobCounts(), await bull.isPaused(), job?.data, await job?.getState()];
}

test('the list of routes contains the board with its changes, and our own routes', () => {
  const paths = routes.map(({ method, path }) => `${method} ${path}`);
  expect(paths).toContain('PUT /ops/queues/api/queues/checkouts/obliterate');
  expect(paths).toContain('GET /ops/queues/');
  expect(paths).toContain('GET /ops/verdict');
  expect(paths).toContain('GET /metrics');
  expect(paths).toContain(`POST /ops/checkouts/${checkoutId}/replay`);
  expect(changing.length).toBeGreaterThan(20);
});

describe('PROMISES 29: every route is refused without an operator’s login', () => {
  const { username, password } = TEST_OPERATOR;
  const callers: [string, () => Record<string, string>][] = [
    ['no credentials', () => ({})],
    ['the API key of a shop', () => ({ 'x-api-key': api.shopA.apiKey })],
    ['an API key as a token', () => ({ authorization: `Bearer ${api.shopA.apiKey}` })],
    ['a wrong password', () => login(username, `${password}!`)],
    ['no password', () => login(username, '')],
    ['a wrong name', () => login('admin', password)],
    ['a malformed login', () => ({ authorization: 'Basic !' })],
  ];

  test.each(callers)('a caller with %s is refused everywhere', async (_, headers) => {
    for (const route of routes) {
      const response = await callOps(api.url, route, headers());
      expect([route, response.status, response.body['code']]).toEqual([
        route,
        401,
        'operator_required',
      ]);
      expect(response.headers.get('www-authenticate')).toBe(
        'Basic realm="lastunit ops", charset="UTF-8"',
      );
      expect(response.headers.get('content-type')).toBe('application/problem+json');
    }
    expect(await queueState()).toEqual(before);
  });
});

describe('PROMISES 29: a page of another site cannot use an operator’s login', () => {
  const pages: [string, Record<string, string>][] = [
    ['of another origin', { origin: 'https://evil.example' }],
    ['without an origin', { origin: 'null' }],
    ['of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
    ['of a neighbouring host', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
  ];

  test.each(pages)('a page %s is refused everywhere', async (_, headers) => {
    for (const route of routes) {
      const response = await callOps(api.url, route, { ...asOperator, ...headers });
      expect([route, response.status, response.body['code']]).toEqual([
        route,
        403,
        'cross_site_request',
      ]);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect(await queueState()).toEqual(before);
  });

  test('a page of another site may link to the board, but its forms change nothing', async () => {
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    const page = { method: 'GET', path: '/ops/queues' };
    expect((await callOps(api.url, page, { ...asOperator, ...link })).status).toBe(200);
    for (const route of changing) {
      expect((await callOps(api.url, route, { ...asOperator, ...link })).status).toBe(403);
    }
  });
});

describe('PROMISES 29: operators may only read unless changes are switched on', () => {
  test('every change is refused and changes nothing', async () => {
    const unknownRoutes = ['PUT', 'POST', 'PATCH', 'DELETE'].map((method) => ({
      method,
      path: `/ops/queues/api/queues/${SETTLE_CHECKOUTS.queue}/anything`,
    }));
    for (const route of [...changing, ...unknownRoutes]) {
      const response = await callOps(api.url, route);
      expect([route, response.status, response.body['code']]).toEqual([
        route,
        403,
        'ops_read_only',
      ]);
    }
    expect(await queueState()).toEqual(before);
    const targets = await api.context.store.audit.distinct('target', {
      'actor.id': TEST_OPERATOR.username,
      outcome: 'refused',
    });
    expect(targets).toEqual(expect.arrayContaining(changing.map(({ path }) => path)));
  });

  test('everything can be read, from our own pages and without a page', async () => {
    for (const origin of [{}, { origin: api.url }, { 'sec-fetch-site': 'same-origin' }]) {
      for (const route of reading) {
        const response = await callOps(api.url, route, { ...asOperator, ...origin });
        expect([200, 404], `${route.path} ${response.status}`).toContain(response.status);
      }
    }
    expect(await queueState()).toEqual(before);
  });
});

test('every answer is private, cannot be framed and has a content security policy', async () => {
  for (const route of routes) {
    for (const headers of [asOperator, {}]) {
      const response = await callOps(api.url, route, headers);
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy, route.path).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(policy, route.path).not.toMatch(/https?:|\*/);
      expect(response.headers.get('x-frame-options')).toBe('DENY');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    }
  }
});

test('another spelling of a path does not avoid the login', async () => {
  const spellings = [
    '/%6Fps/queues',
    '/ops/%71ueues',
    '//ops/queues',
    '/ops//queues',
    '/OPS/queues',
  ];
  for (const path of [
    ...spellings,
    '/ops/queues/../verdict',
    '/ops/',
    '/metrics/',
    '/ops;/queues',
  ]) {
    const response = await callOps(api.url, { method: 'GET', path }, {});
    expect([401, 404], path).toContain(response.status);
  }
});
