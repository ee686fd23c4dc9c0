import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { VariantRecord } from '../../domain/judging/variant-record.ts';
import { toDrawOrder } from '../../runtime/draw-order.ts';
import { toOrderId } from '../../runtime/ids.ts';
import type { DrawRecord } from '../../store/collections/draws.ts';
import { type GivenVariant, givenLedger, givenVariants } from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { rawCollection } from '../../testing/raw-collection.ts';
import { clearStore, openTestStore } from '../../testing/test-store.ts';
import { closeDraw } from '../draws/close-draw.ts';
import { createDraw } from '../draws/create-draw.ts';
import { endDraw } from '../draws/finish-draw.ts';
import { placeWinners } from '../draws/place-winners.ts';
import { storeEntries } from '../draws/store-entries.ts';
import { moveOrders } from '../move-orders.ts';
import { toDrawDraft, toEntryDraft } from '../testing/given-draws.ts';
import { readJudgement } from './following/judgement.ts';
import { judgingStore } from './following/judging-store.ts';
import { RecordJudge } from './following/record-judge.ts';
import { variantRecords } from './read-variants.ts';
import { reconcile } from './reconcile.ts';
import { repairVariant } from './repair-variant.ts';
import { takeVerdict } from './verdict.ts';

const store = await openTestStore(testNamespace());
const ledger = givenLedger(store);
const judging = judgingStore(store);

const UNITS = 3;
const ENTRIES = 5;

let judge: RecordJudge;
/** 9 shoes; an open draw has 3 of them. */
let shoe: GivenVariant;
let draw: DrawRecord;
let order: readonly string[];

beforeEach(async () => {
  await clearStore(store);
  for (const collection of Object.values(judging)) await collection.deleteMany({});
  judge = new RecordJudge({ store, clock: ledger.clock, wholeRestFactor: 0 });
  [shoe] = await givenVariants(store, [{ onHand: 9 }]);
  [draw, order] = await givenDraw();
});
afterEach(() => judge.close());

/** Creates a draw with entries. Returns the draw, and the ids of its entries in the drawn order. */
async function givenDraw(): Promise<[DrawRecord, string[]]> {
  const draft = toDrawDraft(shoe, UNITS);
  await createDraw(ledger, draft);
  const entries = Array.from({ length: ENTRIES }, (_, buyer) =>
    toEntryDraft(draft.draw, shoe, buyer),
  );
  await storeEntries(store, entries);
  const ids = entries.map(({ _id }) => _id);
  return [draft.draw, toDrawOrder(draft.seed, ids)];
}

const place = (from = 0) =>
  placeWinners(ledger, { drawId: draw._id, productId: draw.productId, order, from, held: UNITS });

async function cancelFirst(): Promise<void> {
  const orderId = toOrderId(order[0] ?? '', shoe.shopId);
  await moveOrders(ledger, [{ orderId, move: 'cancel', actor: 'test' }]);
}

/**
 * Closes the draw, places its winners, and cancels the first winner's order, so that one unit is
 * left.
 */
async function closeAndCancel(): Promise<void> {
  await closeDraw(ledger, draw);
  await place();
  await cancelFirst();
}

async function editDraw(change: object, { _id } = draw): Promise<void> {
  const edited = await rawCollection(store, 'draws').updateOne({ _id }, change);
  expect(edited.modifiedCount).toBe(1);
}

async function readState() {
  const held = (await store.draws.find({}, { sort: { _id: 1 } }).toArray()).map(({ held }) => held);
  const level = await store.stock.findOne({ _id: shoe.variantId });
  return { held, reserved: level?.reserved, onHand: level?.onHand };
}

/** Takes a verdict, which must be the same in ranges of one checkout, change or use. */
async function takeWholeVerdict() {
  const whole = await takeVerdict(store, { drained: false });
  const smallest = { checkouts: 1, changes: 1, uses: 1 };
  const byRanges = await takeVerdict(store, { drained: false }, smallest);
  expect(byRanges).toEqual({ ...whole, at: byRanges.at });
  return { drift: whole.drift, ok: whole.ok };
}

/** Runs the judge until it has judged everything, and returns what it has found. */
async function follow() {
  const startedAt = Date.now();
  // How often the judge stores the time of its last check while nothing changes.
  const idleSaveMs = 5_000;
  await expect
    .poll(
      async () => {
        await judge.round(new AbortController().signal, async () => undefined);
        const { checkedUntil } = await readJudgement(store, new Date());
        const state = await judging.states.findOne({ _id: 'record' });
        const isSettled = state?.doubted.variants.length === 0;
        return isSettled && (checkedUntil?.getTime() ?? 0) >= startedAt - idleSaveMs;
      },
      { timeout: 10_000 },
    )
    .toBe(true);
  const { status, faults } = await readJudgement(store, new Date());
  return { status, faults: faults.map(({ _id, kinds }) => ({ _id, kinds })) };
}

const SOUND = { drift: 0, ok: true };
const OK = { status: 'ok', faults: [] };

describe('a wrong number of held units is seen by both verdicts and repaired', () => {
  const ended = async () => {
    await closeAndCancel();
    await endDraw(ledger, draw, () => true);
  };
  type Prepare = () => Promise<unknown>;
  const damages: [title: string, Prepare, damage: object, [stored: number, expected: number]][] = [
    ['an open draw holds one unit too many', async () => undefined, { $inc: { held: 1 } }, [4, 3]],
    ['an open draw holds one unit too few', async () => undefined, { $inc: { held: -1 } }, [2, 3]],
    ['an open draw holds no units', async () => undefined, { $set: { held: 0 } }, [0, 3]],
    ['a closed draw lacks a unit that came back', closeAndCancel, { $set: { held: 0 } }, [0, 1]],
    ['a closed draw holds units that it has placed', closeAndCancel, { $inc: { held: 2 } }, [3, 1]],
    ['a draw that has ended holds a unit', ended, { $set: { held: 1 } }, [1, 0]],
  ];
  test.each(damages)('when %s', async (_, prepare, damage, [stored, expected]) => {
    await follow();
    await prepare();
    expect(await follow()).toEqual(OK);
    const { wholeAt } = await readJudgement(store, new Date());
    expect(await takeWholeVerdict()).toEqual(SOUND);
    const before = await readState();
    await editDraw(damage);
    const { variantId } = shoe;
    expect(await takeWholeVerdict()).toEqual({ drift: 1, ok: false });
    const faults = [{ _id: variantId, kinds: ['draw_held'] }];
    expect(await follow()).toEqual({ status: 'broken', faults });
    const difference = { variantId, kind: 'draw_held', drawId: draw._id, stored, expected };
    const corrections = { onHand: 0, reserved: 0, sold: 0 };
    expect(await reconcile(ledger, { fix: true })).toMatchObject({
      ...{ differences: [difference], repaired: [{ variantId, corrections }] },
      ...{ unrepairable: [], left: [] },
    });
    expect(await readState()).toEqual(before);
    const reason = `corrected held of ${draw._id} ${stored} to ${expected}`;
    expect(await store.movements.countDocuments({ variantId, reason })).toBe(1);
    expect(await takeWholeVerdict()).toEqual(SOUND);
    expect(await follow()).toEqual(OK);
    expect((await readJudgement(store, new Date())).wholeAt).toEqual(wholeAt);
    expect((await reconcile(ledger, { fix: true })).repaired).toEqual([]);
  });
});

test('a draw continues with the units that a repair has found', async () => {
  await closeAndCancel();
  await editDraw({ $set: { held: 0 } });
  expect(await place(UNITS)).toMatchObject({ placed: 0 });
  await reconcile(ledger, { fix: true });
  expect(await place(UNITS)).toMatchObject({ placed: 1, held: 0 });
  expect(await readState()).toEqual({ held: [0], reserved: UNITS, onHand: 9 });
  expect(await takeWholeVerdict()).toEqual(SOUND);
});

test('errors in two draws of one variant are found, even if they cancel out', async () => {
  const [secondDraw] = await givenDraw();
  expect(await follow()).toEqual(OK);
  await editDraw({ $inc: { held: 1 } });
  await editDraw({ $inc: { held: -1 } }, secondDraw);
  expect((await follow()).status).toBe('broken');
  expect(await takeWholeVerdict()).toEqual({ drift: 1, ok: false });
  const { differences, left } = await reconcile(ledger, { fix: true });
  expect(differences).toHaveLength(2);
  expect(left).toEqual([]);
  expect(await readState()).toEqual({ held: [UNITS, UNITS], reserved: 2 * UNITS, onHand: 9 });
  expect(await follow()).toEqual(OK);
});

test('units that a draw has placed without holding them are reserved by a repair', async () => {
  // A draw whose number of held units is wrong can place units that another draw holds.
  await givenDraw();
  await closeDraw(ledger, draw);
  await editDraw({ $inc: { held: 1 } });
  expect(await place()).toMatchObject({ placed: UNITS + 1, held: 0 });
  expect((await follow()).status).toBe('broken');
  const [stored, expected] = [2 * UNITS, 2 * UNITS + 1];
  expect(await reconcile(ledger, { fix: true })).toMatchObject({
    differences: [{ kind: 'counter', counter: 'reserved', stored, expected }],
    left: [],
  });
  expect(await readState()).toEqual({ held: [0, UNITS], reserved: expected, onHand: 9 });
  expect(await follow()).toEqual(OK);
});

test('a planned repair changes nothing if the draw has ended meanwhile', async () => {
  await closeAndCancel();
  await editDraw({ $inc: { held: 1 } });
  const [record] = await readRecords();
  if (record === undefined) throw new Error('the variant has no record');
  await endDraw(ledger, draw, () => true);
  const reason = 'its draw has changed meanwhile: run again';
  expect(await repairVariant(ledger, record)).toEqual({ variantId: shoe.variantId, reason });
  expect(await reconcile(ledger, { fix: true })).toMatchObject({ left: [] });
  expect(await readState()).toEqual({ held: [0], reserved: UNITS - 1, onHand: 9 });
});

async function readRecords(): Promise<VariantRecord[]> {
  const records: VariantRecord[] = [];
  for await (const record of variantRecords(store)) records.push(record);
  return records;
}

test('a deleted draw makes the judge read the whole record', async () => {
  expect(await follow()).toEqual(OK);
  await store.draws.deleteOne({ _id: draw._id });
  expect((await follow()).status).toBe('broken');
  expect(await takeWholeVerdict()).toEqual({ drift: 1, ok: false });
});
