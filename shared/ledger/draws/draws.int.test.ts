import { afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { DRAW_ENTRIES_MAX } from '../../domain/draws.ts';
import { toDrawOrder } from '../../runtime/draw-order.ts';
import type { Store } from '../../store/store.ts';
import { givenCheckouts, givenLedger, givenVariants } from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { loseCommits } from '../../testing/lose-commits.ts';
import { openTestStore } from '../../testing/test-store.ts';
import { judgingStore } from '../judging/following/judging-store.ts';
import { RecordJudge } from '../judging/following/record-judge.ts';
import { findDifferences } from '../judging/reconcile.ts';
import { moveOrders } from '../move-orders.ts';
import { CANCELLATION, toDrawDraft, toEntryDraft } from '../testing/given-draws.ts';
import { readStatuses, restock, settle, toWait } from '../testing/given-waiting.ts';
import { withdrawCheckouts } from '../withdraw-checkout.ts';
import { cancelDraw, closeDraw } from './close-draw.ts';
import { createDraw } from './create-draw.ts';
import { endDraw, rejectEntries, settleDraw } from './finish-draw.ts';
import { countEntries } from './gates.ts';
import { placeWinners } from './place-winners.ts';
import { storeEntries } from './store-entries.ts';

const UNITS = 3;
/**
 * A transaction tries its commit five times. If all answers are lost, the transaction runs again.
 */
const LOSSES = 7;

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/**
 * Runs one step while the answers to its first commits are lost, and expects a record without
 * differences.
 */
async function lossy<Result>(step: () => Promise<Result>): Promise<Result> {
  const lost = loseCommits(store, LOSSES);
  const result = await step();
  expect(lost.left()).toBe(0);
  vi.restoreAllMocks();
  expect(await findDifferences({ store })).toEqual([]);
  return result;
}

test('each step of a draw takes effect once although the answers to its commits are lost', async () => {
  const [variant] = await givenVariants(store, [{ onHand: UNITS + 1 }]);
  const ledger = givenLedger(store);
  const draft = toDrawDraft(variant, UNITS);
  const { _id: drawId, productId } = draft.draw;
  await lossy(() => createDraw(ledger, draft));
  const level = () => store.stock.findOne({ _id: variant.variantId });
  expect(await level()).toMatchObject({ reserved: UNITS, version: 2 });
  const entries = Array.from({ length: 6 }, (_, buyer) => toEntryDraft(draft.draw, variant, buyer));
  const stored = await lossy(() => storeEntries(store, entries));
  expect(stored).toEqual(entries.map(() => ({ value: 'stored' })));
  await lossy(() => withdrawCheckouts(ledger, [entries[5]?._id ?? '']));
  expect(await countEntries(store, drawId)).toBe(5);
  await lossy(() => closeDraw(ledger, draft.draw));
  expect(await store.draws.findOne({ _id: drawId })).toMatchObject({ entryCount: 5, revision: 1 });
  const ids = entries.slice(0, 5).map(({ _id }) => _id);
  const order = toDrawOrder(draft.seed, ids);
  await lossy(() => placeWinners(ledger, { drawId, productId, order, from: 0, held: UNITS }));
  const winners = await store.checkouts.distinct('_id', { drawId, status: 'placed' });
  expect(winners.sort()).toEqual(order.slice(0, UNITS).sort());
  expect(await store.draws.findOne({ _id: drawId })).toMatchObject({
    ...{ held: 0, openOrders: UNITS, position: UNITS, revision: 2 },
  });
  await lossy(() => endDraw(ledger, draft.draw, () => true));
  await lossy(() => rejectEntries(ledger, drawId));
  await lossy(() => settleDraw(ledger, drawId));
  expect(await store.draws.findOne({ _id: drawId })).toMatchObject({ status: 'settled' });
  for (const subjectId of [...ids, drawId]) {
    const outcomes = { $in: ['checkout.placed', 'checkout.rejected', 'draw.settled'] };
    const events = { $elemMatch: { subjectId, type: outcomes } };
    expect(await store.outbox.countDocuments({ events })).toBe(1);
  }
});

test('a draw is cancelled once, its units come back once, and the cancellation is audited once', async () => {
  const [variant] = await givenVariants(store, [{ onHand: UNITS }]);
  const ledger = givenLedger(store);
  const draft = toDrawDraft(variant, UNITS, { lengthMs: 60_000 });
  await createDraw(ledger, draft);
  await lossy(() => cancelDraw(ledger, draft.draw, CANCELLATION));
  const level = await store.stock.findOne({ _id: variant.variantId });
  expect(level).toMatchObject({ reserved: 0, version: 3 });
  const { _id: target, shopId } = draft.draw;
  const entries = await store.audit.find({ action: 'draw.cancelled', target }).toArray();
  expect(entries).toMatchObject([{ ...CANCELLATION.source, shopId, outcome: 'done' }]);
});

test('a cancellation that fails changes nothing, and entries are still accepted', async () => {
  const [variant] = await givenVariants(store, [{ onHand: UNITS }]);
  const ledger = givenLedger(store);
  const draft = toDrawDraft(variant, UNITS, { lengthMs: 60_000 });
  await createDraw(ledger, draft);
  vi.spyOn(store.draws, 'updateOne').mockRejectedValueOnce(new Error('the process has ended'));
  await expect(cancelDraw(ledger, draft.draw, CANCELLATION)).rejects.toThrow(
    'the process has ended',
  );
  const entry = toEntryDraft(draft.draw, variant, 0);
  expect(await storeEntries(store, [entry])).toEqual([{ value: 'stored' }]);
  expect(await store.draws.findOne({ _id: draft.draw._id })).toMatchObject({ held: UNITS });
});

test('a late entry is refused, or gets the id of the first entry of its buyer', async () => {
  const [variant] = await givenVariants(store, [{ onHand: UNITS }]);
  const ledger = givenLedger(store);
  const draft = toDrawDraft(variant, UNITS);
  await createDraw(ledger, draft);
  const early = toEntryDraft(draft.draw, variant, 0);
  await storeEntries(store, [early]);
  await closeDraw(ledger, draft.draw);
  const late = [0, 1, 1].map((buyer, index) => ({
    ...toEntryDraft(draft.draw, variant, buyer),
    idempotencyKey: `late ${index}`,
  }));
  const results = await storeEntries(store, late);
  const expected = [{ enteredBy: early._id }, 'closed', 'closed'];
  expect(results).toEqual(expected.map((value) => ({ value })));
});

test('a draw whose gates cannot be closed stays open, and its later entries are counted', async () => {
  const [variant] = await givenVariants(store, [{ onHand: UNITS }]);
  const ledger = givenLedger(store);
  const draft = toDrawDraft(variant, UNITS);
  const { _id: drawId } = draft.draw;
  await createDraw(ledger, draft);
  vi.spyOn(store.drawGates, 'updateMany').mockRejectedValueOnce(new Error('no primary'));
  await expect(closeDraw(ledger, draft.draw)).rejects.toThrow('no primary');
  expect(await store.draws.findOne({ _id: drawId })).toMatchObject({ status: 'scheduled' });
  const entry = toEntryDraft(draft.draw, variant, 0);
  expect(await storeEntries(store, [entry])).toEqual([{ value: 'stored' }]);
  expect(await closeDraw(ledger, draft.draw)).toBe(true);
  expect(await store.draws.findOne({ _id: drawId })).toMatchObject({ entryCount: 1 });
});

test('a draw accepts entries until all of its gates are full', async () => {
  const [variant] = await givenVariants(store, [{ onHand: UNITS }]);
  const ledger = givenLedger(store);
  const draft = toDrawDraft(variant, UNITS, { lengthMs: 60_000 });
  await createDraw(ledger, draft);
  const { _id: drawId } = draft.draw;
  const gates = await store.drawGates.find({ drawId }).toArray();
  const gateEntriesMax = DRAW_ENTRIES_MAX / gates.length;
  const [gate, otherGate] = gates;
  if (gate === undefined || otherGate === undefined) throw new Error('no gates');
  await store.drawGates.updateMany({ drawId }, { $set: { entries: gateEntriesMax } });
  await store.drawGates.updateOne({ _id: gate._id }, { $set: { entries: gateEntriesMax - 2 } });
  await store.drawGates.updateOne(
    { _id: otherGate._id },
    { $set: { entries: gateEntriesMax - 1 } },
  );
  const buyers = [0, 1, 2, 3, 3];
  const entries = buyers.map((buyer) => toEntryDraft(draft.draw, variant, buyer));
  const results = await storeEntries(store, entries);
  const expected = ['stored', 'stored', 'stored', 'full', 'full'];
  expect(results).toEqual(expected.map((value) => ({ value })));
  expect(await store.drawEntries.countDocuments({ drawId })).toBe(3);
  expect(await countEntries(store, drawId)).toBe(DRAW_ENTRIES_MAX);
  await withdrawCheckouts(ledger, [entries[0]?._id ?? '']);
  const late = [4, 5].map((buyer) => toEntryDraft(draft.draw, variant, buyer));
  expect(await storeEntries(store, late)).toEqual([{ value: 'stored' }, { value: 'full' }]);
});

test('the judge that follows the record finds no fault in a draw, and does not read the whole record', async () => {
  const [variant] = await givenVariants(store, [{ onHand: UNITS }]);
  const ledger = givenLedger(store);
  const judge = new RecordJudge({ store, clock: ledger.clock, wholeRestFactor: 0 });
  onTestFinished(() => judge.close());
  const { states } = judgingStore(store);
  const readState = () => states.findOne({ _id: 'record' });
  const round = () => judge.round(new AbortController().signal, async () => undefined);
  await round();
  const before = await readState();
  const draft = toDrawDraft(variant, UNITS);
  const { _id: drawId, productId } = draft.draw;
  await createDraw(ledger, draft);
  const entries = Array.from({ length: 5 }, (_, buyer) => toEntryDraft(draft.draw, variant, buyer));
  await storeEntries(store, entries);
  await closeDraw(ledger, draft.draw);
  const ids = entries.map(({ _id }) => _id);
  const order = toDrawOrder(draft.seed, ids);
  await placeWinners(ledger, { drawId, productId, order, from: 0, held: UNITS });
  const placed = await store.orders.find<{ readonly _id: string }>({ drawId }).toArray();
  const [cancelled, ...kept] = placed.map(({ _id: orderId }) => ({ orderId, actor: 'test' }));
  if (cancelled === undefined) throw new Error('nothing was placed');
  await moveOrders(ledger, [{ ...cancelled, move: 'cancel' }]);
  await placeWinners(ledger, { drawId, productId, order, from: UNITS, held: 1 });
  await moveOrders(
    ledger,
    kept.map((command) => ({ ...command, move: 'confirm' as const })),
  );
  await endDraw(ledger, draft.draw, () => true);
  await expect
    .poll(async () => {
      await round();
      return (await readState())?.counts.changes;
    })
    .toBeGreaterThan((before?.counts.changes ?? 0) + UNITS);
  await round();
  expect(await readState()).toMatchObject({
    ...{ faultCount: 0, doubted: { variants: [], discounts: [] }, wholeAt: before?.wholeAt },
  });
  const account = await judgingStore(store).variants.findOne({ _id: variant.variantId });
  expect(account).toMatchObject({ held: { reserved: 1, sold: 2 }, isFaulty: false });
});

test('a draw gets no units that waiting checkouts are about to get', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const ledger = givenLedger(store);
  const waiting = await givenCheckouts(store, [toWait(variant, 2), toWait(variant, 9)]);
  expect(await settle(ledger, waiting)).toEqual(['waiting', 'waiting']);
  await restock(ledger, variant, 5);
  const draw = (units: number) => createDraw(ledger, toDrawDraft(variant, units));
  expect(await draw(4)).toEqual({ kind: 'too_few', available: 3 });
  expect(await draw(3)).toMatchObject({ kind: 'created' });
  expect(await draw(1)).toEqual({ kind: 'too_few', available: 0 });
  await settle(ledger, waiting.slice(0, 1));
  expect(await readStatuses(store, waiting)).toEqual(['placed', 'waiting']);
});

test('a draw gets no units while more checkouts wait than one transaction serves', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const ledger = givenLedger(store);
  const waits = Array.from({ length: 257 }, () => toWait(variant));
  await settle(ledger, await givenCheckouts(store, waits));
  await restock(ledger, variant, 300);
  const draw = () => createDraw(ledger, toDrawDraft(variant, 40));
  expect(await draw()).toEqual({ kind: 'too_few', available: 0 });
  await settle(ledger, await givenCheckouts(store, [toWait(variant)]));
  expect(await draw()).toMatchObject({ kind: 'created' });
});
