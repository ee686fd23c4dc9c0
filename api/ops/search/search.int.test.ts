import { beforeAll, describe, expect, test } from 'vitest';
import { ON_HAND_MAX } from '../../../shared/contract/limits.ts';
import { adjustStock } from '../../../shared/ledger/adjust-stock.ts';
import { parkCheckout } from '../../../shared/ledger/park-checkout.ts';
import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import { newId, toOrderId } from '../../../shared/runtime/ids.ts';
import { rebuildSearch } from '../../../shared/search/rebuild.ts';
import {
  type GivenVariant,
  givenCheckout,
  givenVariants,
  toPricedLine,
} from '../../../shared/testing/builders.ts';
import { rawCollection } from '../../../shared/testing/raw-collection.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import { callOps } from '../testing/ops-calls.ts';

const api = await openTestApi();
let shirt: GivenVariant;
let placed: string;
let refused: string;
let failed: string;
let queued: string;

beforeAll(async () => {
  const { store, ledger } = api.context;
  [shirt] = await givenVariants(store, [{ onHand: 2 }]);
  const givenFor = async (buyerId: string, quantity: number) => {
    const { _id } = await givenCheckout(store, {
      lines: [toPricedLine(shirt, quantity)],
      buyerId,
      idempotencyKey: `key_test:try-${buyerId}`,
    });
    return _id;
  };
  placed = await givenFor('Ada', 1);
  refused = await givenFor('Bob', 2);
  failed = await givenFor('Cid', 1);
  await settleCheckouts(ledger, [placed]);
  await settleCheckouts(ledger, [refused]);
  await parkCheckout(ledger, failed, 'a document too large');
  await addUnits(shirt, 5);
  await rebuildSearch(store);
  queued = await givenFor('Dan', 1);
});

async function addUnits({ variantId, productId }: GivenVariant, delta: number): Promise<void> {
  const movement = { movementId: newId('mov'), variantId, productId, amount: { delta } };
  const cause = { onHandMax: ON_HAND_MAX, reason: 'delivery', actor: 'test' };
  await adjustStock(api.context.ledger, [{ ...movement, ...cause }]);
}

interface Found {
  readonly items: readonly { readonly id: string }[];
  readonly nextCursor: string | null;
}

const search = (query: Record<string, string>) =>
  callOps(api.url, { method: 'GET', path: `/ops/records?${new URLSearchParams(query)}` });
const findIds = async (query: Record<string, string>) => {
  const { items } = (await search(query)).body as unknown as Found;
  return items.map(({ id }) => id).toSorted();
};
const order = () => toOrderId(placed, shirt.shopId);
const sorted = (...ids: string[]) => ids.toSorted();

describe('operators find', () => {
  test.each([
    ['a checkout and its orders', () => ({ q: placed }), () => sorted(placed, order())],
    ['an order', () => ({ q: order() }), () => [order()]],
    ['a buyer', () => ({ q: 'bob' }), () => [refused]],
    ['an Idempotency-Key', () => ({ q: 'try-bob' }), () => [refused]],
    ['an SKU', () => ({ q: shirt.sku }), () => sorted(placed, refused, failed, order())],
    ['a kind', () => ({ q: shirt.sku, kind: 'order' }), () => [order()]],
    ['a reason', () => ({ reason: 'out_of_stock' }), () => [refused]],
    ['a status', () => ({ status: 'failed' }), () => [failed]],
    ['nothing by the status of another buyer', () => ({ status: 'rejected', q: 'ada' }), () => []],
    ['a shop', () => ({ shopId: shirt.shopId, kind: 'order' }), () => [order()]],
    ['a queued checkout by its id', () => ({ q: queued.toLowerCase() }), () => [queued]],
    ['queued checkouts', () => ({ status: 'queued' }), () => [queued]],
    ['a queued checkout by its buyer', () => ({ q: 'DAN' }), () => [queued]],
    ['a queued checkout by its SKU', () => ({ q: shirt.sku, status: 'queued' }), () => [queued]],
    [
      'no queued checkout by another shop',
      () => ({ shopId: 'shp_none', status: 'queued' }),
      () => [],
    ],
    ['no queued order', () => ({ q: 'dan', kind: 'order' }), () => []],
    ['no queued checkout by a reason', () => ({ q: 'dan', reason: 'withdrawn' }), () => []],
    [
      'no queued checkout by an earlier time',
      () => ({ q: 'dan', to: '2000-01-01T00:00:00Z' }),
      () => [],
    ],
    ['nothing by an earlier time', () => ({ to: '2000-01-01T00:00:00Z' }), () => []],
  ])('%s', async (_name, query, expected) => {
    expect(await findIds(query())).toEqual(expected());
  });

  test.each([
    ['kind', () => ({ kind: 'order' })],
    ['status', () => ({ status: 'failed' })],
    ['reason', () => ({ reason: 'out_of_stock' })],
    ['shop', () => ({ shopId: 'shp_other' })],
    ['beginning of the time', () => ({ from: '2100-01-01T00:00:00Z' })],
    ['end of the time', () => ({ to: '2000-01-01T00:00:00Z' })],
  ])('no checkout by its id with another %s', async (_name, filters) => {
    for (const q of [queued, placed]) {
      const ids = await findIds({ q, ...filters() });
      expect(ids.filter((id) => id.startsWith('chk_'))).toEqual([]);
    }
  });

  test('a checkout by its id with matching filters', async () => {
    const facts = { kind: 'checkout', shopId: shirt.shopId, from: '2000-01-01T00:00:00Z' };
    expect(await findIds({ q: queued, ...facts, status: 'queued' })).toEqual([queued]);
    expect(await findIds({ q: placed, ...facts, status: 'placed' })).toEqual([placed]);
  });

  test('everything except queued checkouts, page by page, newest first', async () => {
    const ids: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const answer = await search({ limit: '1', ...(cursor && { cursor }) });
      const page = answer.body as unknown as Found;
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(ids.toSorted()).toEqual(sorted(placed, refused, failed, order()));
    expect(ids.indexOf(failed)).toBeLessThan(ids.indexOf(placed));
  });

  test.each([
    [{ q: ' ' }, 'q'],
    [{ q: 'ab*' }, 'q'],
    [{ reason: 'bad_luck' }, 'reason'],
    [{ status: 'gone' }, 'status'],
    [{ kind: 'cart' }, 'kind'],
    [{ from: 'today' }, 'from'],
    [{ from: '2030-01-02T00:00:00Z', to: '2030-01-01T00:00:00Z' }, 'to'],
    [{ cursor: 'nonsense' }, 'cursor'],
  ])('nothing with the invalid query %j', async (query: Record<string, string>, path) => {
    expect(await search(query)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path }] },
    });
  });
});

test('a search returns the moment up to which the index has all changes', async () => {
  const { store } = api.context;
  const [oldest] = await store.outbox.find({}, { sort: { at: 1 }, limit: 1 }).toArray();
  const readIndexedUntil = async () => (await search({ q: placed })).body['indexedUntil'];
  expect(await readIndexedUntil()).toBe(oldest?.at.toISOString());
  const before = Date.now();
  await rawCollection(store, 'outbox').updateMany({}, { $set: { isFannedOut: true } });
  expect(Date.parse(String(await readIndexedUntil()))).toBeGreaterThanOrEqual(before);
});

describe('the history of a checkout', () => {
  const read = async (id: string) =>
    (await callOps(api.url, { method: 'GET', path: `/ops/checkouts/${id}` })).body;

  test('shows why it was refused, with the stock before and after', async () => {
    const { explanation } = await read(refused);
    expect(explanation).toMatch(
      new RegExp(
        `^It was refused because 2 units of ${shirt.sku} were requested and 1 was available, at ` +
          'version 2 of its stock, the result of a reservation after adjust \\(version 1, available \\+2\\) ' +
          'at \\S+Z; the next movement was adjust \\(version 3, available \\+5\\) at \\S+Z\\.$',
      ),
    );
  });

  test('has its stages', async () => {
    const { waterfall } = await read(placed);
    const stages = (waterfall as { stage: string }[]).map(({ stage }) => stage);
    expect(stages).toEqual(['request', 'queued', 'settling', 'commit', 'event']);
    expect((await read(queued))['waterfall']).toMatchObject([
      { stage: 'request' },
      { stage: 'queued' },
    ]);
    expect((await read(queued))['explanation']).toBe('It has no outcome yet.');
    expect((await read(failed))['explanation']).toContain('a document too large');
  });

  test('has its wait as a stage, and the event of its outcome', async () => {
    const { store, ledger } = api.context;
    const [hat] = await givenVariants(store, [{ onHand: 1 }]);
    const waitUntil = new Date(Date.now() + 600_000);
    const lines = [toPricedLine(hat, 2)];
    const { _id } = await givenCheckout(store, { lines, waitUntil });
    await settleCheckouts(ledger, [_id]);
    await addUnits(hat, 1);
    await settleCheckouts(ledger, [_id]);
    const [placing] = await store.outbox
      .find({ events: { $elemMatch: { subjectId: _id, type: 'checkout.placed' } } })
      .toArray();
    const { waterfall } = await read(_id);
    const spans = waterfall as { stage: string; detail: string }[];
    expect(spans.map(({ stage }) => stage)).toEqual([
      ...['request', 'queued', 'settling', 'waiting', 'commit', 'event'],
    ]);
    const outcome = placing?.events.find(({ subjectId }) => subjectId === _id);
    expect(spans.at(-1)?.detail).toBe(outcome?.id);
  });
});
