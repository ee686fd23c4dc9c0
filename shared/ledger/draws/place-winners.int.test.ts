import { beforeAll, expect, test } from 'vitest';
import { toDrawOrder } from '../../runtime/draw-order.ts';
import { toOrderId } from '../../runtime/ids.ts';
import type { Store } from '../../store/store.ts';
import {
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { openTestStore } from '../../testing/test-store.ts';
import { findDifferences } from '../judging/reconcile.ts';
import { moveOrders } from '../move-orders.ts';
import { toDrawDraft, toEntryDraft } from '../testing/given-draws.ts';
import { settle } from '../testing/given-waiting.ts';
import { closeDraw } from './close-draw.ts';
import { createDraw } from './create-draw.ts';
import { placeWinners } from './place-winners.ts';
import { storeEntries } from './store-entries.ts';

const UNITS = 3;

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});

test('an order that reacquires units after the next entry got them leaves the draw', async () => {
  const [variant] = await givenVariants(store, [{ onHand: UNITS + 1 }]);
  const clock = manualClock();
  const ledger = givenLedger(store, { clock });
  const draft = toDrawDraft(variant, UNITS, { now: clock.now() });
  const { _id: drawId, productId } = draft.draw;
  await createDraw(ledger, draft);
  const entries = Array.from({ length: 4 }, (_, buyer) => toEntryDraft(draft.draw, variant, buyer));
  await storeEntries(store, entries);
  clock.advance(1);
  await closeDraw(ledger, draft.draw);
  const ids = entries.map(({ _id }) => _id);
  const order = toDrawOrder(draft.seed, ids);
  await placeWinners(ledger, { drawId, productId, order, from: 0, held: UNITS });
  const orderId = toOrderId(order[0] ?? '', variant.shopId);
  clock.advance(ledger.reservationTtlMs);
  await moveOrders(ledger, [{ orderId, actor: 'test', move: 'expire' }]);
  await placeWinners(ledger, { drawId, productId, order, from: UNITS, held: 1 });
  const late = { orderId, actor: 'test', move: 'confirm', isReacquiring: true } as const;
  expect(await moveOrders(ledger, [late])).toMatchObject([{ kind: 'moved' }]);
  expect(await store.orders.countDocuments({ drawId })).toBe(UNITS);
  await moveOrders(ledger, [{ orderId, actor: 'test', move: 'cancel' }]);
  expect(await store.draws.findOne({ _id: drawId })).toMatchObject({ held: 0 });
  const level = await store.stock.findOne({ _id: variant.variantId });
  expect(level).toMatchObject({ onHand: UNITS + 1, reserved: UNITS });
  expect(await findDifferences({ store })).toEqual([]);
});

test('units that come back during a walk go to the first entry that was passed over for its size', async () => {
  const [variant] = await givenVariants(store, [{ onHand: UNITS }]);
  const ledger = givenLedger(store);
  const draft = toDrawDraft(variant, UNITS, { perBuyer: 2 });
  const { _id: drawId, productId } = draft.draw;
  await createDraw(ledger, draft);
  const entries = [0, 1, 2].map((buyer) => toEntryDraft(draft.draw, variant, buyer, 2));
  await storeEntries(store, entries);
  await closeDraw(ledger, draft.draw);
  const ids = entries.map(({ _id }) => _id);
  const order = toDrawOrder(draft.seed, ids);
  const place = (from: number, held: number) =>
    placeWinners(ledger, { drawId, productId, order, from, held });
  expect(await place(0, UNITS)).toEqual({ placed: 1, next: 2, held: 1 });
  const orderId = toOrderId(order[0] ?? '', variant.shopId);
  await moveOrders(ledger, [{ orderId, actor: 'test', move: 'cancel' }]);
  expect(await place(2, 1)).toEqual({ placed: 0, next: 1, held: UNITS });
  expect(await place(1, UNITS)).toMatchObject({ placed: 1 });
  const statuses = order.slice(1).map((_id) => store.checkouts.findOne({ _id }));
  expect(await Promise.all(statuses)).toMatchObject([{ status: 'placed' }, { status: 'waiting' }]);
});

test('a lapsed order of the buyer does not use up the purchase limit of an entry', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 2, limit: { quantity: 1 } }]);
  const clock = manualClock();
  const ledger = givenLedger(store, { clock });
  const lines = [toPricedLine(variant)];
  const [bought] = await givenCheckouts(store, [{ lines, buyerId: 'b0' }]);
  expect(await settle(ledger, bought ? [bought] : [])).toEqual(['placed']);
  clock.advance(ledger.reservationTtlMs);
  const draft = toDrawDraft(variant, 1, { now: clock.now() });
  const { _id: drawId, productId } = draft.draw;
  await createDraw(ledger, draft);
  const entry = toEntryDraft(draft.draw, variant, 0);
  await storeEntries(store, [entry]);
  await closeDraw(ledger, draft.draw);
  const walk = { drawId, productId, order: [entry._id], from: 0, held: 1 };
  expect(await placeWinners(ledger, walk)).toMatchObject({ placed: 1 });
  const lapsed = await store.orders.findOne({ _id: toOrderId(bought?._id ?? '', variant.shopId) });
  expect(lapsed).toMatchObject({ status: 'expired' });
});
