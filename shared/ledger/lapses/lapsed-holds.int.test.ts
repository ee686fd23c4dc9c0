import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ON_HAND_MAX } from '../../contract/limits.ts';
import { newId } from '../../runtime/ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { clearStore, openTestStore } from '../../testing/test-store.ts';
import { adjustStock } from '../adjust-stock.ts';
import { takeVerdict } from '../judging/verdict.ts';
import { moveOrders } from '../move-orders.ts';
import { settleCheckouts } from '../settle-checkouts.ts';
import { LapsingBuyers } from '../testing/given-lapses.ts';

const HOUR_MS = 3_600_000;
const store = await openTestStore(testNamespace());
const clock = manualClock();
const ledger = givenLedger(store, { clock, reservationTtlMs: 1_000 });
const buyers = new LapsingBuyers(ledger, clock);

let shirt: GivenVariant;
/** Another variant of the same product. */
let large: GivenVariant;
let lamp: GivenVariant;

beforeEach(async () => {
  await clearStore(store);
  const common = { onHand: 10, shop: 'one' };
  const ofShirt = { ...common, product: 'shirt' };
  [shirt, large, lamp] = await givenVariants(store, [ofShirt, ofShirt, common]);
});
afterEach(async () => {
  vi.restoreAllMocks();
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true, inversions: 0 });
});

const placed = { status: 'placed' };
const refused = (lapsedOrderIds: readonly string[]) => ({
  status: 'rejected',
  rejection: { code: 'too_many_lapsed_holds', productId: shirt.productId, lapsedOrderIds },
});
const mayWait = () => ({ waitUntil: new Date(clock.now().getTime() + HOUR_MS) });
const readCheckout = (_id: string) => store.checkouts.findOne<CheckoutRecord>({ _id });
const confirm = (orderId: string, isReacquiring = false) =>
  moveOrders(ledger, [{ orderId, move: 'confirm', actor: 'test', isReacquiring }]);

async function adjust({ variantId, productId }: GivenVariant, delta: number): Promise<void> {
  const common = { reason: 'count', actor: 'test', onHandMax: ON_HAND_MAX };
  const movementId = newId('mov');
  await adjustStock(ledger, [{ movementId, variantId, productId, amount: { delta }, ...common }]);
}

describe('three lapses in a row', () => {
  test('refuse the buyer every variant of the product, but no other buyer or product', async () => {
    const orderIds = await buyers.lapseTimes(2, 'ana', shirt);
    orderIds.push(await buyers.lapse('ana', large));
    expect(await buyers.buy('ana', shirt)).toMatchObject(refused(orderIds));
    expect(await buyers.buy('ana', large)).toMatchObject(refused(orderIds));
    const lines = [lamp, shirt].map((variant) => toPricedLine(variant));
    expect(await buyers.buy('ana', lamp, { lines })).toMatchObject(refused(orderIds));
    expect(await buyers.buy('ana', lamp)).toMatchObject(placed);
    expect(await buyers.buy('ben', shirt)).toMatchObject(placed);
    const elsewhere = { storefrontId: 'shp_other' };
    expect(await buyers.buy('ana', shirt, elsewhere)).toMatchObject(placed);
  });

  test('count when settlement itself expires the holds, before any sweep', async () => {
    await adjust(shirt, -9);
    const orderIds = await buyers.lapseTimes(2, 'ana', shirt);
    orderIds.push(await buyers.place('ana', shirt));
    clock.advance(ledger.reservationTtlMs);
    expect(await buyers.buy('ana', shirt)).toMatchObject(refused(orderIds));
    expect(await buyers.buy('ben', shirt)).toMatchObject(placed);
  });

  test('also count if the holds lapse in one transaction or at the same time', async () => {
    const together = [await buyers.place('ana', shirt), await buyers.place('ana', large)];
    await buyers.expire(...together, await buyers.place('ana', shirt));
    expect(await buyers.buy('ana', shirt)).toMatchObject({ status: 'rejected' });
    const apart = await Promise.all(
      [shirt, large, shirt].map((variant) => buyers.place('ben', variant)),
    );
    clock.advance(ledger.reservationTtlMs);
    await Promise.all(
      apart.map((orderId) => moveOrders(ledger, [{ orderId, move: 'expire', actor: 'system' }])),
    );
    const { rejection } = await buyers.buy('ben', large);
    expect(rejection?.code).toBe('too_many_lapsed_holds');
    expect(new Set(rejection?.lapsedOrderIds)).toEqual(new Set(apart));
  });
});

describe('the row ends', () => {
  test('with a confirmed order of the product, and with no other', async () => {
    await buyers.lapseTimes(2, 'ana', shirt);
    await confirm(await buyers.place('ana', lamp));
    await confirm(await buyers.place('ben', shirt));
    expect(await store.lapsedHolds.countDocuments({ count: 2 })).toBe(1);
    await confirm(await buyers.place('ana', large));
    await buyers.lapseTimes(2, 'ana', shirt);
    expect(await buyers.buy('ana', shirt)).toMatchObject(placed);
  });

  test('with a free order, which is confirmed when it is placed', async () => {
    const own = { storefrontId: shirt.shopId };
    await buyers.lapseTimes(2, 'ana', shirt, own);
    const lines = [{ ...toPricedLine(large), unitPrice: 0 }];
    await buyers.place('ana', large, { ...own, lines, total: 0, confirmFreeOf: [shirt.shopId] });
    expect(await store.lapsedHolds.countDocuments({})).toBe(0);
  });

  test('with an expired order that reacquires its units', async () => {
    const [, , last = ''] = await buyers.lapseTimes(3, 'ana', shirt);
    expect(await confirm(last, true)).toMatchObject([{ kind: 'moved' }]);
    expect(await buyers.buy('ana', shirt)).toMatchObject(placed);
  });

  test('with a confirmed order of a buyer with three lapses, whose checkout could wait', async () => {
    await buyers.lapseTimes(3, 'ana', shirt);
    await confirm(await buyers.place('ana', shirt, mayWait()));
    expect(await buyers.buy('ana', shirt)).toMatchObject(placed);
  });

  test('not with an order that the buyer cancels, which is not a lapse either', async () => {
    await buyers.lapseTimes(2, 'ana', shirt);
    const orderId = await buyers.place('ana', shirt);
    await moveOrders(ledger, [{ orderId, move: 'cancel', actor: 'test' }]);
    expect(await store.lapsedHolds.findOne({})).toMatchObject({ count: 2 });
    await buyers.lapse('ana', shirt);
    expect(await buyers.buy('ana', shirt)).toMatchObject({ status: 'rejected' });
  });
});

describe('waiting', () => {
  beforeEach(async () => {
    await adjust(shirt, -9);
    await buyers.lapseTimes(3, 'ana', shirt);
  });

  test('gives the buyer units at once if no one else wants them', async () => {
    expect(await buyers.buy('ana', shirt, mayWait())).toMatchObject(placed);
  });

  test('puts the buyer behind others of its batch that were accepted later', async () => {
    const line = { lines: [toPricedLine(shirt)], receivedAt: clock.now() };
    const batch = await givenCheckouts(store, [
      { ...line, buyerId: 'ana', ...mayWait() },
      { ...line, buyerId: 'ben' },
    ]);
    const settled = await settleCheckouts(
      ledger,
      batch.map(({ _id }) => _id),
    );
    expect(settled.map(({ status }) => status)).toEqual(['waiting', 'placed']);
    const [ana] = batch;
    expect(await readCheckout(ana?._id ?? '')).toMatchObject({
      shortage: { code: 'too_many_lapsed_holds' },
    });
  });

  test('serves the buyer after others that begin to wait later', async () => {
    await buyers.place('zoe', shirt);
    const waiting: string[] = [];
    for (const buyerId of ['ana', 'ben', 'eve']) {
      clock.advance(1);
      waiting.push((await buyers.buy(buyerId, shirt, mayWait())).checkoutId);
    }
    const statuses = async () =>
      Promise.all(waiting.map(async (id) => (await readCheckout(id))?.status ?? 'missing'));
    for (const expected of [
      ['waiting', 'placed', 'waiting'],
      ['waiting', 'placed', 'placed'],
      ['placed', 'placed', 'placed'],
    ]) {
      await adjust(shirt, 1);
      await settleCheckouts(ledger, waiting);
      expect(await statuses()).toEqual(expected);
    }
  });

  test('serves a checkout that fits, behind any number of others that do not fit', async () => {
    /** More than one page of waits. */
    const HIDING = 600;
    await adjust(shirt, -1);
    await adjust(lamp, -10);
    const common = { receivedAt: clock.now(), ...mayWait() };
    const both = [toPricedLine(shirt), toPricedLine(lamp)];
    const waitAll = async (buyerId: string, lines: typeof both, count: number) => {
      const specs = Array.from({ length: count }, () => ({ ...common, buyerId, lines }));
      const ids = (await givenCheckouts(store, specs)).map(({ _id }) => _id);
      const settled = await settleCheckouts(ledger, ids);
      expect(new Set(settled.map(({ status }) => status))).toEqual(new Set(['waiting']));
      return ids;
    };
    await waitAll('ana', both, HIDING);
    const [last = ''] = await waitAll('ana', both.slice(0, 1), 1);
    const [first = ''] = await waitAll('ben', both, HIDING);
    await adjust(shirt, 1);
    await settleCheckouts(ledger, [first]);
    expect(await readCheckout(last)).toMatchObject(placed);
  });

  test('keeps the place that a checkout had before the third lapse', async () => {
    await adjust(shirt, 1);
    await buyers.lapseTimes(2, 'dan', shirt);
    const holds = [await buyers.place('dan', shirt), await buyers.place('zoe', shirt)];
    const first = await buyers.buy('dan', shirt, mayWait());
    const second = await buyers.buy('ben', shirt, mayWait());
    expect([first.status, second.status]).toEqual(['waiting', 'waiting']);
    await buyers.expire(holds[0] ?? '');
    await settleCheckouts(ledger, [second.checkoutId, first.checkoutId]);
    expect(await readCheckout(first.checkoutId)).toMatchObject(placed);
  });
});

test('batches read the lapses of a product only after a buyer has three in a row', async () => {
  const find = vi.spyOn(store.lapsedHolds, 'find');
  await buyers.lapseTimes(2, 'ana', shirt);
  await buyers.lapse('ben', shirt);
  find.mockClear();
  const orderId = await buyers.place('ana', shirt);
  expect(find).not.toHaveBeenCalled();
  await buyers.expire(orderId);
  find.mockClear();
  await buyers.buy('ben', large);
  expect(find).toHaveBeenCalledTimes(1);
});

test('a confirmation deletes lapses only if its product has any', async () => {
  const collection = store.lapsedHolds as unknown as { deleteMany: () => unknown };
  const deleteMany = vi.spyOn(collection, 'deleteMany');
  await confirm(await buyers.place('ana', shirt));
  expect(deleteMany).not.toHaveBeenCalled();
  await buyers.lapse('ben', shirt);
  await confirm(await buyers.place('ana', large));
  expect(deleteMany).toHaveBeenCalledTimes(1);
});
