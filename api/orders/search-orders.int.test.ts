import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { parseSearch } from '../../shared/domain/search-tokens.ts';
import { newId, toOrderId, toTrackingReference } from '../../shared/runtime/ids.ts';
import { findEntries, matching } from '../../shared/search/find-entries.ts';
import { rebuildSearch } from '../../shared/search/rebuild.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import { writable } from '../../shared/store/writable.ts';
import { tokenClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

const START = Date.parse('2030-05-01T00:00:00.000Z');
const MINUTE_MS = 60_000;
const OTHERS = 1_500;

const namespace = testNamespace();
let api: TestApi;
let seller: TestShop;
let storefront: TestShop;
let stranger: TestShop;
let busyShop: TestShop;
let createdCount = 0;

function createOrder(changes: Partial<OrderRecord> & { readonly sku?: string } = {}): OrderRecord {
  createdCount += 1;
  const { sku = 'MUG', ...fields } = changes;
  const checkoutId = newId('chk');
  const shopId = fields.shopId ?? seller.shopId;
  const placedAt = new Date(START + createdCount * MINUTE_MS);
  const line = { variantId: 'var_1', productId: 'prd_1', shopId, sku, title: 'A mug' };
  return {
    _id: toOrderId(checkoutId, shopId),
    checkoutId,
    shopId,
    storefrontId: storefront.shopId,
    buyerId: `buyer-${createdCount}`,
    status: 'pending',
    seq: 1,
    lines: [{ ...line, quantity: 1, unitPrice: 100, version: 1 }],
    subtotal: 100,
    discount: 0,
    total: 100,
    currency: 'GBP',
    placedAt,
    reservedUntil: placedAt,
    history: [{ at: placedAt, actor: 'key_1', status: 'pending' }],
    ...fields,
  };
}

let ada: OrderRecord;
let paid: OrderRecord;
let sent: OrderRecord;
let foreign: OrderRecord;
let rare: OrderRecord;

beforeAll(async () => {
  api = await startTestApi(namespace);
  seller = api.shopA;
  storefront = api.shopB;
  stranger = await api.newShop();
  ada = createOrder({ buyerId: 'Ada', sku: 'TEE S' });
  paid = createOrder({ buyerId: 'Ada', status: 'confirmed', paymentReference: 'pi_8812' });
  const at = new Date(START + OTHERS * 10 * MINUTE_MS);
  sent = createOrder({
    status: 'shipped',
    trackingReference: 'JD 0002 8812',
    history: [
      { at, actor: 'key_1', status: 'shipped' },
      {
        at,
        actor: 'key_1',
        kind: 'payment_unmatched',
        paymentReference: 'pi_late',
      },
    ],
  });
  foreign = createOrder({ shopId: stranger.shopId, storefrontId: stranger.shopId, sku: 'TEE S' });
  busyShop = await api.newShop();
  const { shopId } = busyShop;
  const elsewhere = { shopId, storefrontId: shopId, sku: 'TEE S', buyerId: 'Ada' };
  rare = createOrder({ ...elsewhere, buyerId: 'Rare' });
  const busy = Array.from({ length: OTHERS }, () => createOrder(elsewhere));
  await writable(api.context.store).orders.insertMany([ada, paid, sent, foreign, rare, ...busy]);
  await rebuildSearch(api.context.store);
});
afterAll(() => api.close());

interface Page {
  readonly items: readonly { readonly id: string }[];
  readonly nextCursor: string | null;
}

async function listIds(client: Pick<TestShop, 'get'>, query: string): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const path: string = `/v1/orders?${query}${cursor && `&cursor=${cursor}`}`;
    const { status, body }: { status: number; body: Page } = await client.get<Page>(path);
    if (status !== 200) throw new Error(`answered ${status}`);
    ids.push(...body.items.map(({ id }) => id));
    cursor = body.nextCursor;
  }
  return ids;
}

const search = (client: Pick<TestShop, 'get'>, q: string, otherParameters = '') =>
  listIds(client, `q=${encodeURIComponent(q)}${otherParameters}`);

describe('a search', () => {
  test.each([
    ['an order', () => ada._id, () => [ada]],
    ['a checkout', () => ada.checkoutId.toLowerCase(), () => [ada]],
    ['the own reference', () => toTrackingReference(ada._id), () => [ada]],
    ['a buyer', () => 'ADA', () => [paid, ada]],
    ['an SKU', () => 'tee s', () => [ada]],
    ['several words', () => 'ada tee', () => [ada]],
    ['a payment', () => 'PI_8812', () => [paid]],
    ['a payment that was not applied', () => 'pi_late', () => [sent]],
    ['a parcel', () => 'jd  0002 8812', () => [sent]],
    ['the prefix of a reference', () => 'pi_8*', () => [paid]],
    ['an unknown reference', () => 'pi_9999', () => []],
  ])('by %s finds the matching orders', async (_name, q, expected) => {
    const ids = expected().map(({ _id }) => _id);
    expect(await search(seller, q())).toEqual(ids);
    expect(await search(storefront, q())).toEqual(ids);
    expect(await search(seller, q(), '&limit=1')).toEqual(ids);
    expect(await search(seller, q(), '&direction=asc&limit=1')).toEqual(ids.toReversed());
  });

  test('finds only orders that the caller may see', async () => {
    expect(await search(stranger, 'tee s')).toEqual([foreign._id]);
    expect(await search(stranger, ada._id)).toEqual([]);
    expect(await search(stranger, `${seller.shopId}/ada`)).toEqual([]);
    const token = await storefront.post<{ token: string }>('/v1/buyer-tokens', { buyerId: 'Ada' });
    const buyer = tokenClient(api.url, token.body.token);
    expect(await search(buyer, 'tee s')).toEqual([ada._id]);
    expect(await search(buyer, sent._id)).toEqual([]);
  });

  test('combines with the filters of the list', async () => {
    expect(await search(seller, 'ada', '&status=confirmed,shipped')).toEqual([paid._id]);
    expect(await search(seller, 'mug', '&buyerId=Ada')).toEqual([paid._id]);
    expect(await search(seller, 'mug', '&buyerId=ada')).toEqual([]);
    const at = paid.placedAt.toISOString();
    expect(await search(seller, 'ada', `&placedTo=${at}`)).toEqual([ada._id]);
    expect(await search(seller, 'ada', `&placedFrom=${at}`)).toEqual([paid._id]);
  });

  test('checks the stored order, because the index is behind', async () => {
    const stale = createOrder({ buyerId: 'Stale', status: 'pending' });
    const { store } = api.context;
    await writable(store).orders.insertMany([stale]);
    await rebuildSearch(store);
    await writable(store).orders.updateOne({ _id: stale._id }, { $set: { status: 'cancelled' } });
    expect(await search(seller, 'stale', '&status=pending')).toEqual([]);
    expect(await search(seller, 'stale')).toEqual([stale._id]);
    await writable(store).orders.updateOne({ _id: stale._id }, { $set: { buyerId: 'Erased' } });
    expect(await search(seller, 'stale')).toEqual([]);
    expect(await search(seller, 'stal*')).toEqual([]);
    expect(await search(seller, stale._id)).toEqual([stale._id]);
  });

  test.each(['tee', 'tee s'])(
    'for %s reads no orders of other shops, and sorts by the index',
    async (q) => {
      const query = parseSearch(q, seller.shopId);
      const { search: index } = api.context.store;
      const plan = (await index
        .find({ $and: [{ kind: 'order' }, matching(query)] }, { hint: 'search_by_token' })
        .sort({ at: -1, _id: -1 })
        .limit(21)
        .explain('executionStats')) as { executionStats: { totalDocsExamined: number } };
      expect(plan.executionStats.totalDocsExamined).toBeLessThan(5);
      expect(JSON.stringify(plan)).not.toContain('"SORT"');
      const entries = await findEntries(api.context.store, {
        filters: [matching(query)],
        index: 'search_by_token',
        order: 'at',
        direction: 'desc',
        limit: 10,
      });
      expect(entries.map(({ _id }) => _id)).toEqual([ada._id]);
    },
  );

  test.each([
    ['q=', 'q'],
    ['q=%20', 'q'],
    [`q=${'x'.repeat(201)}`, 'q'],
    ['q=ab*', 'q'],
    ['updatedSince=yesterday', 'updatedSince'],
    ['direction=up', 'direction'],
    ['status=', 'status'],
    ['status=pending,lost,gone', 'status'],
    ['q=ada&cursor=nonsense', 'cursor'],
  ])('with %s is refused', async (query, path) => {
    expect(await seller.get(`/v1/orders?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path }] },
    });
  });
});

test.each(['ord_*', 'chk_*', 'lu-*'])(
  'the prefix %s of ids finds nothing and does not depend on the orders of other shops',
  async (q) => {
    expect(await search(seller, q)).toEqual([]);
    const path = '/v1/buyer-tokens';
    const token = await storefront.post<{ token: string }>(path, { buyerId: 'Ada' });
    expect(await search(tokenClient(api.url, token.body.token), q)).toEqual([]);
  },
);

test('a prefix is refused if more than 1,000 orders that the caller may see match', async () => {
  expect(await busyShop.get('/v1/orders?q=tee*')).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ path: 'q' }] },
  });
  expect(await search(seller, 'tee*')).toEqual([ada._id]);
  const token = await busyShop.post<{ token: string }>('/v1/buyer-tokens', { buyerId: 'Rare' });
  expect(await search(tokenClient(api.url, token.body.token), 'tee*')).toEqual([rare._id]);
});

describe('a list', () => {
  test('of several statuses, in either direction', async () => {
    const ids = [sent, paid, ada].map(({ _id }) => _id);
    const query = 'status=shipped,confirmed,pending&placedTo=2030-05-01T00:04:00Z&limit=2';
    expect(await listIds(seller, query)).toEqual(ids);
    expect(await listIds(seller, `${query}&direction=asc`)).toEqual(ids.toReversed());
  });

  test('of what has changed since a moment is sorted by the last change', async () => {
    const changed = await listIds(seller, `updatedSince=${paid.placedAt.toISOString()}&limit=1`);
    expect(changed.slice(0, 1)).toEqual([sent._id]);
    expect(changed).toContain(paid._id);
    expect(changed).not.toContain(ada._id);
    const since = sent.history.at(-1)?.at.toISOString();
    expect(await listIds(seller, `updatedSince=${since}`)).toEqual([sent._id]);
    expect(await listIds(stranger, `updatedSince=${since}`)).toEqual([]);
  });
});

test.each([
  ['few orders', 'Rare'],
  ['most orders of the shop', 'Ada'],
])('a list by the last change of a buyer with %s reads few other entries', async (_, buyerId) => {
  const { store } = api.context;
  const find = vi.spyOn(store.search, 'find');
  onTestFinished(() => find.mockRestore());
  const since = new Date(START).toISOString();
  const { status, body } = await busyShop.get<Page>(
    `/v1/orders?updatedSince=${since}&buyerId=${buyerId}&limit=1`,
  );
  expect([status, body.items.length]).toEqual([200, 1]);
  const plan = (await store.search
    .find(...(find.mock.calls[0] ?? []))
    .explain('executionStats')) as { executionStats: { totalKeysExamined: number } };
  expect(plan.executionStats.totalKeysExamined).toBeLessThan(50);
});

describe('an export', () => {
  const file = async (query: string, shop = seller) => {
    const answer = await fetch(`${api.url}/v1/orders/export?${query}`, {
      headers: { 'x-api-key': shop.apiKey },
    });
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      text: await answer.text(),
    };
  };

  test('has the orders of the list, with the same filters', async () => {
    const { status, type, text } = await file('q=ada&direction=asc');
    expect([status, type]).toEqual([200, 'application/x-ndjson']);
    const lines = text.trim().split('\n');
    const listed = await seller.get<{ items: unknown[] }>('/v1/orders?q=ada&direction=asc');
    expect(lines.map((line) => JSON.parse(line))).toEqual(listed.body.items);
  });

  test('as CSV has a row for each line, and the amounts of the order only in its first row', async () => {
    const twoLines = createOrder({ buyerId: '=SUM(A1)', status: 'delivered' });
    const [line] = twoLines.lines;
    if (line === undefined) throw new RangeError('no line');
    const order = { ...twoLines, lines: [line, { ...line, sku: 'a,b' }] };
    await writable(api.context.store).orders.insertMany([order]);
    const { text } = await file('format=csv&status=delivered');
    const [header = '', first = '', second = ''] = text.split('\r\n');
    const at = (name: string) => header.split(',').indexOf(name);
    expect(first.split(',')[at('total')]).toBe('100');
    expect(first.split(',')[at('buyerId')]).toBe("'=SUM(A1)");
    expect(second.split(',')[at('total')]).toBe('');
    expect(second.split(',')[0]).toBe(order._id);
    expect(second).toContain('"a,b"');
  });

  test('of another shop has no orders of this shop', async () => {
    expect((await file(`q=${ada._id}`, stranger)).text).toBe('');
  });

  test.each([
    ['format=xls', 'format'],
    ['bom=true', 'bom'],
    ['q=ab*', 'q'],
    ['limit=5', 'limit'],
  ])('with %s is refused', async (query, path) => {
    const { status, text } = await file(query);
    expect([status, JSON.parse(text).errors[0].path]).toEqual([400, path]);
  });
});
