import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { STOREFRONTS_PER_SHOP_MAX } from '../../shared/contract/limits.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { auditOf, type GivenSeller, givenSeller } from '../testing/sessions.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

interface Shown {
  readonly id: string;
  readonly code?: string;
}
interface Page {
  readonly items: readonly Shown[];
  readonly nextCursor: string | null;
}

const namespace = testNamespace();
let api: TestApi;
let seller: GivenSeller;
let front: TestShop;

beforeAll(async () => {
  api = await startTestApi(namespace);
  front = await api.newShop();
});
afterAll(() => api.close());
beforeEach(async () => {
  seller = await givenSeller(api);
});

const list = (body: object) => seller.post<Shown>('/v1/storefronts', body);
const readList = async (query = '') => (await seller.get<Page>(`/v1/storefronts${query}`)).body;

test('a listing is refused as overload if each of its tries conflicts with another change', async () => {
  const { shops } = api.context.store;
  const changed = vi.spyOn(shops, 'findOneAndUpdate').mockResolvedValue(null);
  const added = vi.spyOn(shops, 'updateOne').mockResolvedValue({
    ...{ acknowledged: true, matchedCount: 0, modifiedCount: 0 },
    ...{ upsertedCount: 0, upsertedId: null },
  });
  onTestFinished(() => {
    changed.mockRestore();
    added.mockRestore();
  });
  const answer = await list({ shopId: front.shopId, maySell: true, mayConfirm: false });
  expect(answer).toMatchObject({
    status: 503,
    body: { code: 'overloaded', reason: 'storefront_contention' },
  });
});

test('a shop lists another shop, changes its rights and removes it', async () => {
  const { shopId } = front;
  const rights = { shopId, maySell: true, mayConfirm: false };
  const { status, body } = await list(rights);
  expect([status, body]).toEqual([
    201,
    { ...rights, id: expect.stringMatching(/^sft_/), createdAt: expect.stringMatching(/Z$/) },
  ]);
  const again = await list({ ...rights, mayConfirm: true });
  expect(again).toMatchObject({ status: 200, body: { ...body, mayConfirm: true } });
  expect(await readList()).toEqual({ items: [again.body], nextCursor: null });
  expect((await seller.send('DELETE', `/v1/storefronts/${body.id}`)).status).toBe(204);
  expect(await readList()).toEqual({ items: [], nextCursor: null });
  expect((await seller.send('DELETE', `/v1/storefronts/${body.id}`)).status).toBe(404);
  const [unlisted, changed, first] = await auditOf(seller);
  expect([unlisted, changed, first]).toMatchObject([
    { action: 'storefront.unlisted', target: body.id, detail: { shopId } },
    { action: 'storefront.listed', target: body.id, detail: { shopId, mayConfirm: true } },
    { action: 'storefront.listed', target: body.id, detail: { shopId, mayConfirm: false } },
  ]);
});

test('a single key is listed by its id and may sell by default', async () => {
  const { keyId } = front;
  const { status, body } = await list({ keyId });
  expect([status, body]).toMatchObject([201, { keyId, maySell: true, mayConfirm: false }]);
  expect(body).not.toHaveProperty('shopId');
  expect((await list({ shopId: front.shopId })).status).toBe(201);
  expect((await readList()).items).toHaveLength(2);
});

test('the list is newest first, in pages', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) {
    ids.unshift(
      (await list({ keyId: (await api.withScopes(front, ['catalog:read'])).keyId })).body.id,
    );
  }
  const seenIds: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page = await readList(`?limit=2${cursor && `&cursor=${cursor}`}`);
    seenIds.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  expect(seenIds).toEqual(ids);
});

test('concurrent listings of the same storefront create one entry', async () => {
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => list({ shopId: front.shopId })),
  );
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect((await readList()).items).toHaveLength(1);
});

test('a shop with the maximum number of storefronts can change them, but list no more', async () => {
  const { shops } = api.context.store;
  const entry = { maySell: true, mayConfirm: false, createdAt: new Date() };
  const storefronts = Array.from({ length: STOREFRONTS_PER_SHOP_MAX - 1 }, (_, count) => ({
    ...{ id: `sft_${count}`, shopId: `shp_${count}` },
    ...entry,
  }));
  await shops.updateOne({ _id: seller.shopId }, { $set: { storefronts } });
  const others = await Promise.all([api.newShop(), api.newShop(), api.newShop()]);
  const answers = await Promise.all(others.map(({ shopId }) => list({ shopId })));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
  const refused = answers.find(({ status }) => status === 409);
  expect(refused?.body.code).toBe('too_many_storefronts');
  const added = others[answers.findIndex(({ status }) => status === 201)];
  expect((await list({ shopId: added?.shopId, mayConfirm: true })).status).toBe(200);
});

test.each<[string, () => object, number, string]>([
  ['nothing', () => ({}), 400, 'shopId'],
  ['a shop and a key', () => ({ shopId: front.shopId, keyId: front.keyId }), 400, 'keyId'],
  ['an unknown field', () => ({ shopId: front.shopId, mayShip: true }), 400, 'mayShip'],
  ['a MongoDB operator', () => ({ shopId: { $ne: '' } }), 400, 'shopId'],
  [
    'a right that is not a boolean',
    () => ({ shopId: front.shopId, mayConfirm: 'yes' }),
    400,
    'mayConfirm',
  ],
  ['the shop itself', () => ({ shopId: seller.shopId }), 400, 'shopId'],
  ['an unknown shop', () => ({ shopId: 'shp_unknown' }), 422, 'shopId'],
  ['an unknown key', () => ({ keyId: 'key_unknown' }), 422, 'keyId'],
])('listing %s is refused', async (_, body, status, path) => {
  expect(await list(body())).toMatchObject({ status, body: { errors: [{ path }] } });
  expect((await readList()).items).toEqual([]);
});

test('a shop can list neither its own key nor a revoked key', async () => {
  const own = await seller.post<{ id: string }>('/v1/api-keys', {
    ...{ name: 'own', scopes: ['catalog:read'] },
  });
  expect(await list({ keyId: own.body.id })).toMatchObject({
    ...{ status: 400, body: { code: 'invalid_request' } },
  });
  const revoked = await api.withScopes(front, ['catalog:read']);
  const revokedAt = new Date();
  await api.context.store.apiKeys.updateOne({ _id: revoked.keyId }, { $set: { revokedAt } });
  expect(await list({ keyId: revoked.keyId })).toMatchObject({
    ...{ status: 422, body: { code: 'unknown_storefront' } },
  });
});

test('a shop is open to storefronts by default, and the audit log records a change', async () => {
  expect((await seller.get('/v1/shop')).body).toMatchObject({ openToStorefronts: true });
  const closed = await seller.send('PATCH', '/v1/shop', { openToStorefronts: false });
  expect(closed).toMatchObject({ status: 200, body: { openToStorefronts: false } });
  expect((await seller.get('/v1/shop')).body).toMatchObject({ openToStorefronts: false });
  const [entry] = await auditOf(seller);
  expect(entry).toMatchObject({ action: 'shop.changed', detail: { openToStorefronts: false } });
  for (const openToStorefronts of [null, 'no', 0, { $ne: true }]) {
    const answer = await seller.send('PATCH', '/v1/shop', { openToStorefronts });
    expect(answer).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'openToStorefronts' }] },
    });
  }
});
