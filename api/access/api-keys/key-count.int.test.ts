import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiKey } from '../../../shared/access/api-key-record.ts';
import { API_KEYS_PER_SHOP_MAX } from '../../../shared/contract/limits.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { manualClock } from '../../../shared/testing/manual-clock.ts';
import { runConcurrently } from '../../../shared/testing/run-concurrently.ts';
import { type GivenSeller, givenSeller } from '../../testing/sessions.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const CONCURRENCY = 8;
const JUST_UNDER_A_MINUTE_MS = 59_000;

const namespace = testNamespace();
const clock = manualClock();
let api: TestApi;
let otherApi: TestApi;

/** Two APIs of one system. */
beforeAll(async () => {
  api = await startTestApi(namespace, { clock });
  otherApi = await startTestApi(namespace, { clock, secrets: api.context.config.secrets });
});
afterAll(() => Promise.all([api.close(), otherApi.close()]));

interface KeyAnswer {
  readonly id: string;
  readonly code?: string;
}

const create = (seller: GivenSeller, changes: Record<string, unknown> = {}) =>
  seller.post<KeyAnswer>('/v1/api-keys', { name: 'k', scopes: ['catalog:read'], ...changes });

const revoke = (seller: GivenSeller, id: string) => seller.send('DELETE', `/v1/api-keys/${id}`);

const countLive = ({ shopId }: GivenSeller) =>
  api.context.store.apiKeys.countDocuments({ shopId, revokedAt: { $exists: false } });

/** Creates a shop that may have `room` more keys. */
async function givenSellerWithRoom(room: number): Promise<GivenSeller> {
  const seller = await givenSeller(api);
  const request = { shopId: seller.shopId, name: 'k', scopes: [] };
  await runConcurrently(API_KEYS_PER_SHOP_MAX - room, CONCURRENCY, () =>
    createApiKey(api.context.store, request, clock.now()),
  );
  return seller;
}

test('a shop has at most a hundred keys, and other shops are not affected', async () => {
  const seller = await givenSellerWithRoom(2);
  for (const status of [201, 201, 409, 409]) expect((await create(seller)).status).toBe(status);
  expect((await create(seller)).body.code).toBe('too_many_keys');
  expect(await countLive(seller)).toBe(API_KEYS_PER_SHOP_MAX);
  expect((await create(await givenSeller(api))).status).toBe(201);
});

test('concurrent requests to two APIs do not exceed the limit of keys', async () => {
  const seller = await givenSellerWithRoom(5);
  const authorization = `Bearer ${seller.accessToken}`;
  const answers = await runConcurrently(40, CONCURRENCY, (n) => {
    const { url } = n % 2 === 0 ? api : otherApi;
    const body = JSON.stringify({ name: 'k', scopes: ['catalog:read'] });
    const headers = { authorization, 'content-type': 'application/json' };
    return fetch(`${url}/v1/api-keys`, { method: 'POST', headers, body });
  });
  const statuses = answers.map(({ status }) => status);
  expect([...new Set(statuses)].sort()).toContain(409);
  const created = statuses.filter((status) => status === 201).length;
  expect(created).toBe(5);
  expect(await countLive(seller)).toBe(API_KEYS_PER_SHOP_MAX);
});

test('a revoked or expired key counts for one more minute', async () => {
  const seller = await givenSellerWithRoom(2);
  const expiresAt = new Date(clock.now().getTime() + 1_000).toISOString();
  const { body } = await create(seller);
  expect((await create(seller, { expiresAt })).status).toBe(201);
  expect((await revoke(seller, body.id)).status).toBe(204);
  expect((await create(seller)).status).toBe(409);
  clock.advance(JUST_UNDER_A_MINUTE_MS);
  expect((await create(seller)).status).toBe(409);
  clock.advance(2_000);
  for (const status of [201, 201, 409]) expect((await create(seller)).status).toBe(status);
});

test('a shop that has the maximum number of keys can still rotate one', async () => {
  const seller = await givenSellerWithRoom(1);
  const { body } = await create(seller);
  for (let n = 0; n < 3; n += 1) {
    expect((await seller.post(`/v1/api-keys/${body.id}/rotate`)).status).toBe(200);
  }
});
