import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { isApiKeyForm } from '../../../shared/access/api-key.ts';
import { apiClient } from '../../../shared/testing/api-client.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { loseCommits } from '../../../shared/testing/lose-commits.ts';
import { timed } from '../../../shared/testing/timed.ts';
import { auditOf, type GivenSeller, givenSeller } from '../../testing/sessions.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

/** Every process refuses a revoked key or an old secret within this time. */
const REFUSED_WITHIN_MS = 5_000;
const HOUR_MS = 60 * 60 * 1_000;

const namespace = testNamespace();
let api: TestApi;
let otherApi: TestApi;
let seller: GivenSeller;
let stranger: GivenSeller;

interface NewKey {
  readonly id: string;
  readonly apiKey: string;
  readonly keyId: string;
  readonly signingSecret: string;
  readonly previousUntil?: string;
}

interface Page {
  readonly items: readonly { readonly id: string; readonly lastUsedAt?: string }[];
  readonly nextCursor: string | null;
}

/** Two APIs of one system. */
beforeAll(async () => {
  api = await startTestApi(namespace);
  otherApi = await startTestApi(namespace, { secrets: api.context.config.secrets });
  seller = await givenSeller(api);
  stranger = await givenSeller(api);
});
afterAll(() => Promise.all([api.close(), otherApi.close()]));

async function givenKey(changes: Record<string, unknown> = {}): Promise<NewKey> {
  const request = { name: 'shop front', scopes: ['catalog:read'], ...changes };
  const { status, body } = await seller.post<NewKey>('/v1/api-keys', request);
  if (status !== 201) throw new Error(`POST /v1/api-keys returned ${status}`);
  return body;
}

async function statusOf(at: TestApi, apiKey: string): Promise<number> {
  return (await apiClient(at.url, apiKey).get('/v1/products')).status;
}

test('a new key is shown once, works at once in every process, and has the requested scopes and quota', async () => {
  const expiresAt = new Date(Date.now() + HOUR_MS).toISOString();
  const request = { name: ' till ', scopes: ['orders:read', 'catalog:write'], expiresAt };
  const { status, body, headers } = await seller.post<NewKey>('/v1/api-keys', {
    ...request,
    quotaPerMinute: 500,
    requireSignature: false,
  });
  expect(status).toBe(201);
  expect(body).toEqual({
    id: expect.stringMatching(/^key_/),
    name: 'till',
    scopes: request.scopes,
    requireSignature: false,
    quotaPerMinute: 500,
    createdAt: expect.any(String),
    expiresAt,
    apiKey: expect.stringMatching(/^lu_/),
    keyId: body.id,
    signingSecret: expect.stringMatching(/^[\w-]{43}$/),
  });
  expect(isApiKeyForm(body.apiKey)).toBe(true);
  expect(headers.get('cache-control')).toBe('no-store');
  for (const at of [api, otherApi]) expect(await statusOf(at, body.apiKey)).toBe(200);
  const answer = await apiClient(api.url, body.apiKey).get('/v1/shop/products');
  expect(answer.headers.get('ratelimit-policy')).toBe('"key";q=500;w=60');
  const refused = await apiClient(api.url, body.apiKey).post('/v1/checkouts', {});
  expect(refused).toMatchObject({ status: 403, body: { scope: 'checkouts:write' } });
  const listed = await seller.get<Page>('/v1/api-keys?limit=100');
  expect(listed.body.items.map(({ id }) => id)).toContain(body.id);
  const text = JSON.stringify(listed.body);
  for (const secret of [body.apiKey, body.signingSecret, 'hash', 'Hash']) {
    expect(text).not.toContain(secret);
  }
});

test.each([
  ['no name', { name: undefined }, 'name'],
  ['a blank name', { name: ' ' }, 'name'],
  ['no scopes', { scopes: [] }, 'scopes'],
  ['an unknown scope', { scopes: ['keys:write'] }, 'scopes.0'],
  ['a scope twice', { scopes: ['orders:read', 'orders:read'] }, 'scopes'],
  ['a query operator as scopes', { scopes: { $gt: '' } }, 'scopes'],
  ['an expiry that has passed', { expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
  ['an expiry that is not a time', { expiresAt: 'soon' }, 'expiresAt'],
  ['an expiry after 9999 in UTC', { expiresAt: '9999-12-31T23:59:59-05:00' }, 'expiresAt'],
  ['a quota of 0', { quotaPerMinute: 0 }, 'quotaPerMinute'],
  ['a quota above the system’s limit', { quotaPerMinute: 1_000_001 }, 'quotaPerMinute'],
  ['a string for requireSignature', { requireSignature: 'no' }, 'requireSignature'],
  ['an unknown field', { shopId: 'shp_1' }, 'shopId'],
])('creating a key with %s is refused', async (_, changes, path) => {
  const request = { name: 'x', scopes: ['orders:read'], ...changes };
  expect(await seller.post('/v1/api-keys', request)).toMatchObject({
    status: 400,
    body: { errors: [{ path }] },
  });
});

test('PROMISES 25: a revoked key is refused in every process within five seconds', async () => {
  const key = await givenKey();
  for (const at of [api, otherApi]) expect(await statusOf(at, key.apiKey)).toBe(200);
  expect((await seller.send('DELETE', `/v1/api-keys/${key.id}`)).status).toBe(204);
  expect(await statusOf(api, key.apiKey)).toBe(401);
  const { ms } = await timed(async () => {
    await expect.poll(() => statusOf(otherApi, key.apiKey), { interval: 50 }).toBe(401);
  });
  expect(ms).toBeLessThan(REFUSED_WITHIN_MS);
  expect((await seller.send('DELETE', `/v1/api-keys/${key.id}`)).status).toBe(404);
  const { body } = await seller.get<Page>('/v1/api-keys?limit=100');
  expect(body.items.map(({ id }) => id)).not.toContain(key.id);
});

test('after a rotation the previous secret works, unless the grace period is 0; older secrets do not', async () => {
  const key = await givenKey();
  const before = Date.now();
  const first = await seller.post<NewKey>(`/v1/api-keys/${key.id}/rotate`);
  expect(first).toMatchObject({ status: 200, body: { id: key.id } });
  const graceMs = Date.parse(first.body.previousUntil ?? '') - before;
  expect(graceMs).toBeGreaterThanOrEqual(HOUR_MS);
  expect(first.body.apiKey).not.toBe(key.apiKey);
  expect(first.body.signingSecret).not.toBe(key.signingSecret);
  for (const apiKey of [key.apiKey, first.body.apiKey])
    expect(await statusOf(api, apiKey)).toBe(200);

  const path = `/v1/api-keys/${key.id}/rotate`;
  const second = await seller.post<NewKey>(path, { graceSeconds: 60 });
  const works = [key, first.body, second.body].map(({ apiKey }) => statusOf(api, apiKey));
  expect(await Promise.all(works)).toEqual([401, 200, 200]);

  const third = await seller.post<NewKey>(path, { graceSeconds: 0 });
  const still = [first.body, second.body, third.body].map(({ apiKey }) => statusOf(api, apiKey));
  expect(await Promise.all(still)).toEqual([401, 401, 200]);
  await expect
    .poll(() => statusOf(otherApi, second.body.apiKey), { timeout: REFUSED_WITHIN_MS })
    .toBe(401);
});

test('of the secrets that 8 concurrent rotations return, exactly two work', async () => {
  const key = await givenKey();
  const path = `/v1/api-keys/${key.id}/rotate`;
  const rotated = await Promise.all(
    Array.from({ length: 8 }, () => seller.post<NewKey>(path, { graceSeconds: 60 })),
  );
  const works = await Promise.all(rotated.map(({ body }) => statusOf(api, body.apiKey)));
  expect(works.toSorted()).toEqual([200, 200, ...Array(6).fill(401)]);
});

test.each([
  ['a negative grace period', { graceSeconds: -1 }],
  ['a grace period of a year', { graceSeconds: 31_536_000 }],
  ['a grace period of half a second', { graceSeconds: 0.5 }],
  ['an unknown field', { scopes: ['orders:write'] }],
  ['a list', []],
])('rotating with %s is refused', async (_, body) => {
  const key = await givenKey();
  expect((await seller.post(`/v1/api-keys/${key.id}/rotate`, body)).status).toBe(400);
  expect(await statusOf(api, key.apiKey)).toBe(200);
});

test('a shop cannot reach the keys of another shop', async () => {
  const key = await givenKey();
  const path = `/v1/api-keys/${key.id}`;
  expect((await stranger.send('DELETE', path)).status).toBe(404);
  expect((await stranger.post(`${path}/rotate`)).status).toBe(404);
  expect((await stranger.get<Page>('/v1/api-keys')).body.items).toEqual([]);
  expect(await statusOf(api, key.apiKey)).toBe(200);
});

test.each([
  ['POST', '/v1/api-keys'],
  ['GET', '/v1/api-keys'],
  ['POST', '/v1/api-keys/key_1/rotate'],
  ['DELETE', '/v1/api-keys/key_1'],
])(
  '%s %s requires a session of the shop and refuses an API key of the shop',
  async (method, path) => {
    expect(await api.shopA.send(method, path)).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect((await api.anonymous.send(method, path)).status).toBe(401);
  },
);

test('the first use of a key writes lastUsedAt, and uses right after it do not', async () => {
  const key = await givenKey();
  const stored = () => api.context.store.apiKeys.findOne({ _id: key.id });
  await statusOf(api, key.apiKey);
  await expect.poll(async () => (await stored())?.lastUsedAt).toBeInstanceOf(Date);
  const first = (await stored())?.lastUsedAt;
  for (let n = 0; n < 20; n += 1) await statusOf(api, key.apiKey);
  expect((await stored())?.lastUsedAt).toEqual(first);
});

test('creating, rotating and revoking a key add audit entries', async () => {
  const key = await givenKey();
  await seller.post(`/v1/api-keys/${key.id}/rotate`, { graceSeconds: 5 });
  await seller.send('DELETE', `/v1/api-keys/${key.id}`);
  const entries = (await auditOf(seller)).filter(({ target }) => target === key.id);
  expect(entries.map(({ action, detail }) => [action, detail])).toEqual([
    ['api_key.revoked', undefined],
    ['api_key.rotated', { graceSeconds: 5 }],
    ['api_key.created', { name: 'shop front', scopes: ['catalog:read'] }],
  ]);
});

test('a rotation and a revocation take effect once, with one entry, if the answers to their commits are lost', async () => {
  const { store } = api.context;
  const key = await givenKey();
  onTestFinished(() => void vi.restoreAllMocks());
  // A transaction tries its commit five times. If all answers are lost, it runs again.
  const rotating = loseCommits(store, 7);
  const path = `/v1/api-keys/${key.id}`;
  const rotated = await seller.post<NewKey>(`${path}/rotate`, { graceSeconds: 60 });
  expect(rotating.left()).toBe(0);
  const works = [key, rotated.body].map(({ apiKey }) => statusOf(api, apiKey));
  expect(await Promise.all(works)).toEqual([200, 200]);
  vi.restoreAllMocks();
  const revoking = loseCommits(store, 7);
  expect((await seller.send('DELETE', path)).status).toBe(204);
  expect(revoking.left()).toBe(0);
  const entries = (await auditOf(seller)).filter(({ target }) => target === key.id);
  expect(entries.map(({ action }) => action)).toEqual([
    ...['api_key.revoked', 'api_key.rotated', 'api_key.created'],
  ]);
});
