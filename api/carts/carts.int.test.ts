import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { type ManualClock, manualClock } from '../../shared/testing/manual-clock.ts';
import { type GivenProduct, givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { givenCart, putLine, type ShownCart, toUnits } from './testing/shown-cart.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** After this time cached prices are read again. */
const PRICE_AGE_MS = 1_001;

const namespace = testNamespace();
let api: TestApi;
let clock: ManualClock;
let shirt: GivenProduct;
let hat: GivenProduct;

beforeAll(async () => {
  clock = manualClock();
  api = await startTestApi(namespace, { clock });
  shirt = await givenForSale(api.shopA);
  hat = await givenForSale(api.shopA, { price: 1_500, onHand: 2 });
});
afterAll(() => api.close());

test('creating a cart returns its location and revision', async () => {
  const { status, headers, body } = await api.shopB.post<ShownCart>('/v1/carts', { buyerId: 'b' });
  expect(status).toBe(201);
  expect(body).toMatchObject({ buyerId: 'b', lines: [], subtotal: 0, changes: [] });
  expect(body).not.toHaveProperty('currency');
  expect(headers.get('location')).toBe(`/v1/carts/${body.id}`);
  expect(headers.get('etag')).toBe('"r1"');
  const read = await api.shopB.get<ShownCart>(`/v1/carts/${body.id}`);
  expect(read).toMatchObject({ status: 200, body });
  expect(read.headers.get('etag')).toBe('"r1"');
});

test('the lines of a new cart are merged and shown at current prices', async () => {
  const lines = [
    { variantId: shirt.variantId, quantity: 1 },
    { variantId: hat.variantId, quantity: 1 },
    { variantId: shirt.variantId, quantity: 2 },
  ];
  const { body } = await api.shopB.post<ShownCart>('/v1/carts', { buyerId: 'b', lines });
  expect(body).toMatchObject({ currency: 'GBP', subtotal: 3 * 4_900 + 1_500, changes: [] });
  expect(body.lines).toMatchObject([
    { variantId: shirt.variantId, quantity: 3, unitPrice: 4_900, total: 14_700, available: 10 },
    { variantId: hat.variantId, quantity: 1, unitPrice: 1_500, available: 2, isForSale: true },
  ]);
  expect(body.lines[0]).toMatchObject({ ...shirt, shopId: api.shopA.shopId });
});

test('lines are set, added to and removed; each change increments the revision of the cart', async () => {
  const path = await givenCart(api.shopB);
  const tags: (string | null)[] = [];
  const step = async (method: string, subpath: string, body: unknown, units: object) => {
    const answer = await api.shopB.send<ShownCart>(method, `${path}${subpath}`, body);
    expect([answer.status, toUnits(answer.body)]).toEqual([200, units]);
    tags.push(answer.headers.get('etag'));
  };
  const [shirtId, hatId] = [shirt.variantId, hat.variantId];
  await step('PUT', `/lines/${shirtId}`, { quantity: 2 }, { [shirtId]: 2 });
  await step('PUT', `/lines/${shirtId}`, { quantity: 5 }, { [shirtId]: 5 });
  await step('POST', '/lines', { variantId: shirtId, quantity: 4 }, { [shirtId]: 9 });
  await step('POST', '/lines', { variantId: hatId, quantity: 1 }, { [shirtId]: 9, [hatId]: 1 });
  await step('PUT', `/lines/${shirtId}`, { quantity: 0 }, { [hatId]: 1 });
  await step('DELETE', `/lines/${hatId}`, undefined, {});
  expect(tags).toEqual([2, 3, 4, 5, 6, 7].map((revision) => `"r${revision}"`));
  // Removing a missing line succeeds and changes nothing.
  await step('DELETE', `/lines/${hatId}`, undefined, {});
  await step('PUT', '/lines/var_unknown', { quantity: 0 }, {});
  expect(tags.slice(-2)).toEqual(['"r7"', '"r7"']);
  // Setting a line to its current quantity also succeeds and changes nothing.
  for (const _ of [1, 2]) await step('PUT', `/lines/${hatId}`, { quantity: 3 }, { [hatId]: 3 });
  expect(tags.slice(-2)).toEqual(['"r8"', '"r8"']);
});

test('a change with If-Match is refused with 412 unless the header lists the current revision or is `*`', async () => {
  const path = await givenCart(api.shopB);
  const line = (quantity: number, tag: string) =>
    putLine(api.shopB, path, shirt.variantId, quantity, { 'if-match': tag });
  expect((await line(1, '"r1"')).status).toBe(200);
  const refused = await line(2, '"r1"');
  expect(refused).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
  expect((await line(3, '"r1", "r2"')).status).toBe(200);
  expect((await line(4, '*')).status).toBe(200);
  const stale = { 'if-match': '"r1"' };
  for (const [method, subpath, body] of [
    ['POST', '/lines', { variantId: hat.variantId, quantity: 1 }],
    ['DELETE', `/lines/${shirt.variantId}`, undefined],
    ['POST', '/acknowledge', undefined],
    ['DELETE', '', undefined],
  ] as const) {
    expect((await api.shopB.send(method, `${path}${subpath}`, body, stale)).status).toBe(412);
  }
  expect(toUnits((await api.shopB.get<ShownCart>(path)).body)).toEqual({ [shirt.variantId]: 4 });
  const last = await api.shopB.send('DELETE', path, undefined, { 'if-match': '"r4"' });
  expect(last.status).toBe(204);
});

test('a deleted cart is not found', async () => {
  const path = await givenCart(api.shopB, [{ variantId: shirt.variantId, quantity: 1 }]);
  expect((await api.shopB.send('DELETE', path)).status).toBe(204);
  for (const answer of [
    await api.shopB.get(path),
    await api.shopB.send('DELETE', path),
    await putLine(api.shopB, path, shirt.variantId, 1),
    await api.shopB.post(`${path}/acknowledge`),
  ]) {
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
  }
});

test('a cart can be read for 30 days after its last change', async () => {
  const path = await givenCart(api.shopB, [{ variantId: shirt.variantId, quantity: 1 }]);
  clock.advance(30 * DAY_MS - 1);
  expect((await api.shopB.get(path)).status).toBe(200);
  const { body } = await putLine(api.shopB, path, shirt.variantId, 2);
  expect(new Date(body.expiresAt).getTime() - clock.now().getTime()).toBe(30 * DAY_MS);
  clock.advance(30 * DAY_MS - 1);
  expect((await api.shopB.get(path)).status).toBe(200);
  clock.advance(1);
  // MongoDB has not removed the cart yet, but the API no longer shows it.
  const stored = await api.context.store.carts.countDocuments({ _id: body.id });
  expect(stored).toBe(1);
  expect((await api.shopB.get(path)).status).toBe(404);
  expect((await putLine(api.shopB, path, shirt.variantId, 3)).status).toBe(404);
  const { body: list } = await api.shopB.get<{ items: { id: string }[] }>('/v1/carts?limit=100');
  expect(list.items.map(({ id }) => id)).not.toContain(body.id);
});

test('a TTL index lets MongoDB remove expired carts', async () => {
  const indexes = await api.context.store.carts.indexes();
  expect(indexes).toContainEqual(
    expect.objectContaining({
      ...{ name: 'carts_expire', key: { expiresAt: 1 }, expireAfterSeconds: 0 },
    }),
  );
});

test('carts are listed newest first, in pages, of all buyers or of one', async () => {
  const paths: string[] = [];
  for (const buyerId of ['lister', 'lister', 'another', 'lister']) {
    paths.unshift(await givenCart(api.shopB, [{ variantId: hat.variantId, quantity: 2 }], buyerId));
  }
  const ids = paths.map((path) => path.slice('/v1/carts/'.length));
  interface Page {
    items: { id: string; buyerId: string; lineCount: number; units: number }[];
    nextCursor: string | null;
  }
  const first = await api.shopB.get<Page>('/v1/carts?buyerId=lister&limit=2');
  expect(first.body.items.map(({ id }) => id)).toEqual([ids[0], ids[2]]);
  expect(first.body.items[0]).toMatchObject({ buyerId: 'lister', lineCount: 1, units: 2 });
  // A cart created meanwhile does not change the following pages.
  await givenCart(api.shopB, [], 'lister');
  const cursor = first.body.nextCursor;
  const second = await api.shopB.get<Page>(`/v1/carts?buyerId=lister&limit=2&cursor=${cursor}`);
  expect(second.body).toMatchObject({ items: [{ id: ids[3] }], nextCursor: null });
  const firstOfAll = await api.shopB.get<Page>('/v1/carts?limit=100');
  expect(firstOfAll.body.items.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
  const foreign = Buffer.from(JSON.stringify(['orders', ids[0]])).toString('base64url');
  expect((await api.shopB.get(`/v1/carts?cursor=${foreign}`)).status).toBe(400);
});

test('a price change is reported until the line is written again or acknowledged', async () => {
  const lamp = await givenForSale(api.shopA, { price: 1_000 });
  const path = await givenCart(api.shopB, [{ variantId: lamp.variantId, quantity: 1 }]);
  const reprice = async (price: number) => {
    const { store } = api.context;
    await store.products.updateOne(
      { _id: lamp.productId },
      { $set: { 'variants.0.price': price } },
    );
    clock.advance(PRICE_AGE_MS);
  };
  const withChange = (before: number, after: number) => ({
    status: 200,
    body: { subtotal: after, changes: [{ kind: 'price_changed', before, after }] },
  });
  await reprice(1_100);
  // Reading changes nothing, so the change is reported each time.
  for (const _ of [1, 2]) expect(await api.shopB.get(path)).toMatchObject(withChange(1_000, 1_100));
  const first = await api.shopB.post<ShownCart>(`${path}/acknowledge`);
  expect(first).toMatchObject(withChange(1_000, 1_100));
  const again = await api.shopB.post<ShownCart>(`${path}/acknowledge`);
  expect(again.body).toMatchObject({ changes: [], lines: [{ unitPrice: 1_100 }] });
  expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
  await reprice(900);
  expect(await api.shopB.get(path)).toMatchObject(withChange(1_100, 900));
  expect((await putLine(api.shopB, path, lamp.variantId, 1)).body.changes).toEqual([]);
});
