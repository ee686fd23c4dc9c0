import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId, toOrderId } from '../../shared/runtime/ids.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import { writable } from '../../shared/store/writable.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { listTiedTo } from '../http/paging.ts';
import type { Principal } from '../http/principal.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';
import { queryOrders, rangesAfter, withStorefronts } from './list-orders.ts';
import type { OrderFilters } from './order-filters.ts';

const LIMIT = 20;
/** The number of other orders of the seller. A list that finds few orders must not read these. */
const OTHERS = 3_000;
const FEW = 7;
const START = Date.parse('2030-05-01T00:00:00.000Z');
const MINUTE_MS = 60_000;

const namespace = testNamespace();
let api: TestApi;
let seller: TestShop;
/** A storefront of another shop that places most of the seller's orders. */
let storefront: TestShop;
let createdCount = 0;

function createOrder(changes: Partial<OrderRecord>): OrderRecord {
  createdCount += 1;
  const checkoutId = newId('chk');
  const shopId = changes.shopId ?? seller.shopId;
  const placedAt = new Date(START + createdCount * MINUTE_MS);
  return {
    _id: toOrderId(checkoutId, shopId),
    checkoutId,
    shopId,
    storefrontId: storefront.shopId,
    buyerId: `buyer-${createdCount % 500}`,
    status: 'delivered',
    seq: 4,
    lines: [],
    subtotal: 0,
    discount: 0,
    total: 0,
    currency: 'GBP',
    placedAt,
    reservedUntil: placedAt,
    history: [],
    ...changes,
  };
}

async function insertOrders(orders: readonly OrderRecord[]): Promise<string[]> {
  await writable(api.context.store).orders.insertMany(orders);
  return orders.map((order) => order._id).toReversed();
}

const createOrders = (count: number, changes: Partial<OrderRecord> = {}) =>
  Array.from({ length: count }, () => createOrder(changes));

let pending: string[];
let annasOrders: string[];
let ordersElsewhere: string[];

beforeAll(async () => {
  api = await startTestApi(namespace);
  seller = api.shopA;
  storefront = await api.withScopes(api.shopB, ['checkouts:write', 'orders:read']);
  pending = await insertOrders(createOrders(FEW, { status: 'pending' }));
  annasOrders = await insertOrders(createOrders(FEW, { buyerId: 'anna' }));
  ordersElsewhere = await insertOrders(
    createOrders(FEW, { shopId: 'shp_elsewhere', storefrontId: seller.shopId }),
  );
  await insertOrders(createOrders(OTHERS));
  await insertOrders(createOrders(OTHERS, { shopId: 'shp_busy', storefrontId: 'shp_other' }));
});
afterAll(() => api.close());

const key = ({ keyId: id, shopId }: TestShop): Principal => ({
  kind: 'key',
  id,
  shopId,
  scopes: [],
});
const anna = (): Principal => ({ ...key(storefront), kind: 'buyer', buyerId: 'anna' });

interface Plan {
  readonly stage: string;
  readonly indexName?: string;
  readonly inputStage?: Plan;
  readonly inputStages?: readonly Plan[];
}

function listStages(plan: Plan): string[] {
  const children = [...(plan.inputStages ?? []), ...(plan.inputStage ? [plan.inputStage] : [])];
  return [
    `${plan.stage}${plan.indexName ? ` ${plan.indexName}` : ''}`,
    ...children.flatMap(listStages),
  ];
}

async function explain(principal: Principal, filters: OrderFilters, range = {}) {
  const { store } = api.context;
  const served = await withStorefronts(store, principal, filters);
  const query = queryOrders(store, principal, served, range, LIMIT + 1);
  const plan = (await query.explain('executionStats')) as unknown as {
    queryPlanner: { winningPlan: Plan };
    executionStats: { totalDocsExamined: number; totalKeysExamined: number; nReturned: number };
  };
  return { stages: listStages(plan.queryPlanner.winningPlan), ...plan.executionStats };
}

describe('every list is served by an index, and reads little more than it shows', () => {
  const middle = new Date(START + OTHERS * MINUTE_MS);
  const hour = { placedFrom: middle, placedTo: new Date(middle.getTime() + 60 * MINUTE_MS) };
  const callers: [string, () => Principal][] = [
    ['the shop', () => key(seller)],
    ['its storefront', () => key(storefront)],
    ['a buyer', anna],
  ];
  const filters: [string, OrderFilters][] = [
    ['everything', {}],
    ['by status', { status: ['pending'] }],
    ['by a status that most have', { status: ['delivered'] }],
    ['by buyer', { buyerId: 'anna' }],
    ['by buyer and status', { buyerId: 'anna', status: ['delivered'] }],
    ['by a time', hour],
    ['by a time and status', { ...hour, status: ['delivered'] }],
    ['by a time long ago', { placedTo: new Date(START + 5 * MINUTE_MS) }],
  ];
  const table = callers.flatMap(([who, principal]) =>
    filters.map(([what, filter]) => [who, what, principal, filter] as const),
  );
  test.each(table)('%s, %s', async (_who, _what, principal, filter) => {
    const plan = await explain(principal(), filter);
    expect(plan.stages).not.toContain('COLLSCAN');
    expect(plan.stages).not.toContain('SORT');
    expect(plan.totalDocsExamined).toBeLessThanOrEqual(2 * (LIMIT + 1));
    expect(plan.totalKeysExamined).toBeLessThanOrEqual(4 * (LIMIT + 1));
  });

  test('a checkout’s orders are found by the primary index', async () => {
    const [order] = await api.context.store.orders.find({ status: 'pending' }).limit(1).toArray();
    const plan = await explain(key(seller), { checkoutId: order?.checkoutId });
    expect(plan).toMatchObject({ nReturned: 1, totalDocsExamined: 1 });
    expect(plan.stages).toContain('IXSCAN _id_');
  });

  test.each(filters)('a later page costs as much as the first page: %s', async (_, filter) => {
    const { store } = api.context;
    const [at] = await store.orders
      .find({ shopId: seller.shopId })
      .sort({ _id: 1 })
      .skip(1_500)
      .limit(1)
      .toArray();
    const after = { time: at?.placedAt ?? new Date(0), id: at?._id ?? '' };
    for (const range of rangesAfter(after)) {
      const plan = await explain(key(seller), filter, range);
      expect(plan.stages).not.toContain('COLLSCAN');
      expect(plan.totalDocsExamined).toBeLessThanOrEqual(2 * (LIMIT + 1));
    }
  });
});

interface Page {
  readonly items: readonly { readonly id: string }[];
  readonly nextCursor: string | null;
}

async function listIds(client: TestShop, query: string): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { readonly body: Page; readonly status: number } = await client.get<Page>(
      `/v1/orders?${query}${cursor && `&cursor=${cursor}`}`,
    );
    if (page.status !== 200) throw new Error(`answered ${page.status}`);
    ids.push(...page.body.items.map((item) => item.id));
    cursor = page.body.nextCursor;
  }
  return ids;
}

test('each filter selects its orders and no others, page by page', async () => {
  expect(await listIds(seller, 'status=pending&limit=3')).toEqual(pending);
  expect(await listIds(seller, 'buyerId=anna&limit=2')).toEqual(annasOrders);
  expect(await listIds(storefront, 'buyerId=anna&limit=2')).toEqual(annasOrders);
  const [last] = await api.context.store.orders
    .find({ _id: { $in: pending } })
    .sort({ _id: -1 })
    .limit(1)
    .toArray();
  const at = last?.placedAt.toISOString();
  expect(await listIds(seller, `status=pending&placedFrom=${at}`)).toEqual([pending[0]]);
  expect(await listIds(seller, `status=pending&placedTo=${at}&limit=4`)).toEqual(pending.slice(1));
  expect(await listIds(seller, `checkoutId=${last?.checkoutId}`)).toEqual([pending[0]]);
  expect(await listIds(seller, 'checkoutId=chk_unknown')).toEqual([]);
  // The id of a checkout does not match longer or shorter ids.
  const checkoutId = last?.checkoutId ?? '';
  for (const other of ['chk_0', checkoutId.slice(0, -3), `${checkoutId}0000`]) {
    expect([other, await listIds(seller, `checkoutId=${other}`)]).toEqual([other, []]);
  }
  // The list has both the orders of the seller's storefront and the orders that its shop sold.
  const listed = await listIds(seller, 'limit=100');
  expect(listed).toHaveLength(OTHERS + 3 * FEW);
  expect(new Set(listed).size).toBe(listed.length);
  expect(listed).toEqual(expect.arrayContaining(ordersElsewhere));
});

test('orders of the same moment are listed once each, with pages of any size', async () => {
  const placedAt = new Date('2031-01-01T00:00:00.000Z');
  const together = await insertOrders(
    createOrders(25, { placedAt, status: 'confirmed', buyerId: 'together' }),
  );
  for (const limit of [1, 7, 25]) {
    const seen = await listIds(seller, `buyerId=together&limit=${limit}`);
    expect(seen).toEqual(together.toSorted().toReversed());
  }
});

test.each([
  ['', 'status=pending'],
  ['status=pending', ''],
  ['status=pending', 'status=delivered'],
  ['buyerId=anna', 'buyerId=ann'],
  ['placedFrom=2020-01-01T00:00:00Z', 'placedFrom=2020-01-01T00:00:01Z'],
])('a cursor of the list with [%s] is refused for [%s]', async (listQuery, otherQuery) => {
  const { body } = await seller.get<Page>(`/v1/orders?limit=1&${listQuery}`);
  const answer = await seller.get(`/v1/orders?limit=1&${otherQuery}&cursor=${body.nextCursor}`);
  expect(answer).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ path: 'cursor' }] },
  });
});

function forgeCursor(place: readonly unknown[]): string {
  return Buffer.from(JSON.stringify([listTiedTo('orders', {}), ...place])).toString('base64url');
}

test.each([
  ['placedFrom=yesterday', 'placedFrom'],
  ['placedFrom=2030-01-01', 'placedFrom'],
  ['placedTo=2030-01-01T00:00:00', 'placedTo'],
  ['placedFrom=2030-01-02T00:00:00Z&placedTo=2030-01-01T00:00:00Z', 'placedTo'],
  ['placedFrom=2030-01-01T00:00:00Z&placedTo=2030-01-01T00:00:00Z', 'placedTo'],
  ['checkoutId=ord_1', 'checkoutId'],
  ['checkoutId=', 'checkoutId'],
  ['buyerId=', 'buyerId'],
  [`buyerId=${'x'.repeat(129)}`, 'buyerId'],
  ['cursor=nonsense', 'cursor'],
  [`cursor=${forgeCursor([1e300, 'ord_1'])}`, 'cursor'],
  [`cursor=${forgeCursor(['ord_1', 1])}`, 'cursor'],
  [`cursor=${forgeCursor([1, { $gt: '' }])}`, 'cursor'],
])('GET /v1/orders?%s is refused', async (query, path) => {
  expect(await seller.get(`/v1/orders?${query}`)).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ path }] },
  });
});
