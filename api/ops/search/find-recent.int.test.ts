import { beforeAll, expect, test } from 'vitest';
import { moveOrders } from '../../../shared/ledger/move-orders.ts';
import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import { toOrderId } from '../../../shared/runtime/ids.ts';
import { rebuildSearch } from '../../../shared/search/rebuild.ts';
import { requestIndexing } from '../../../shared/search/request-indexing.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenVariants,
  toPricedLine,
} from '../../../shared/testing/builders.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import { callOps } from '../testing/ops-calls.ts';

const INDEXED = 6;
const RECENT = 5;

const api = await openTestApi();
const { store, ledger } = api.context;
let shirt: GivenVariant;
let indexed: string[];
let recent: string[];

async function sell(count: number, buyerId: string): Promise<string[]> {
  const lines = [toPricedLine(shirt)];
  const specs = Array.from({ length: count }, () => ({ lines, buyerId }));
  const ids = (await givenCheckouts(store, specs)).map(({ _id }) => _id);
  await settleCheckouts(ledger, ids);
  return ids;
}

beforeAll(async () => {
  [shirt] = await givenVariants(store, [{ onHand: INDEXED + RECENT - 1 }]);
  indexed = await sell(INDEXED, 'ana');
  await rebuildSearch(store);
  // The last checkout is rejected, because only RECENT - 1 units are left.
  recent = await sell(RECENT, 'bea');
  const confirmed = toOrderId(indexed[0] ?? '', shirt.shopId);
  await moveOrders(ledger, [{ orderId: confirmed, move: 'confirm', actor: 'test' }]);
  await requestIndexing(store, { subjectIds: [...recent, confirmed], at: new Date() });
});

/** Reads all pages of a search, and returns the ids in their order. */
async function findAll(query: Record<string, string>, limit = 50): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = new URLSearchParams({ ...query, limit: String(limit), ...(cursor && { cursor }) });
    const { body } = await callOps(api.url, { method: 'GET', path: `/ops/records?${page}` });
    const found = body as unknown as {
      readonly items: readonly { readonly id: string }[];
      readonly nextCursor: string | null;
    };
    ids.push(...found.items.map(({ id }) => id));
    cursor = found.nextCursor;
  }
  return ids;
}

test('outcomes that are not indexed yet are found by buyer, reason and status', async () => {
  const refused = recent.at(-1);
  expect(await findAll({ q: 'bea', status: 'rejected' })).toEqual([refused]);
  expect(await findAll({ q: shirt.sku, reason: 'out_of_stock' })).toEqual([refused]);
  expect(await findAll({ reason: 'out_of_stock', shopId: 'shp_another' })).toEqual([]);
  expect(await findAll({ q: 'bea', kind: 'order' })).toHaveLength(RECENT - 1);
  expect(await findAll({ q: 'bea', to: new Date(0).toISOString() })).toEqual([]);
});

test('an order is found by its new status and not by its status in the index', async () => {
  const confirmed = toOrderId(indexed[0] ?? '', shirt.shopId);
  expect(await findAll({ status: 'confirmed' })).toEqual([confirmed]);
  expect(await findAll({ q: 'ana', status: 'pending' })).toHaveLength(INDEXED - 1);
});

test.each([1, 2, 3, 50])(
  'pages of %i contain each record once, in the same order',
  async (limit) => {
    const ids = await findAll({ q: shirt.sku }, limit);
    const orders = [...indexed, ...recent.slice(0, -1)].map((id) => toOrderId(id, shirt.shopId));
    expect(ids.toSorted()).toEqual([...indexed, ...recent, ...orders].toSorted());
    expect(await findAll({ q: shirt.sku }, 50)).toEqual(ids);
  },
);
