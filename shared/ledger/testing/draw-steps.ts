import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { hashSeed } from '../../runtime/draw-order.ts';
import { idFrom, toOrderId } from '../../runtime/ids.ts';
import type { DrawRecord } from '../../store/collections/draws.ts';
import { type GivenVariant, toPricedLine } from '../../testing/builders.ts';
import { closeDraw } from '../draws/close-draw.ts';
import { rejectEntries } from '../draws/finish-draw.ts';
import { placeWinners } from '../draws/place-winners.ts';
import { type EntryDraft, type EntryResult, storeEntries } from '../draws/store-entries.ts';
import { acceptsEntries, findEntry, givesOutUnits } from './draw-model.ts';
import { addSettled, type RealLedger, VARIANTS } from './ledger-command.ts';
import type { LedgerModel } from './ledger-model.ts';
import type { ModelDraw, Purchase } from './order-model.ts';

/** The maximum number of batches in one walk over the entries. */
const BATCHES_MAX = 20;

/** The terms of a draw. */
export interface WantedDraw {
  /** The index of its variant. */
  readonly at: number;
  readonly units: number;
  readonly openMs: number;
  readonly seed: number;
}

/** The units that an entry wants. */
export interface WantedEntry {
  readonly buyer: number;
  readonly units: number;
  readonly isFree: boolean;
}

/**
 * Creates a draw of the model. Its id and seed depend only on the commands, so that a failed run
 * can be repeated.
 */
export function toDraw({ draws }: LedgerModel, wanted: WantedDraw, now: Date): ModelDraw {
  const { at: variant, units: quantity, openMs, seed } = wanted;
  return {
    ...{ id: idFrom('drw', `draw ${draws.length}`), variant, quantity, entries: [], attempts: 0 },
    seed: createHash('sha256').update(String(seed)).digest('hex'),
    closesAt: new Date(now.getTime() + openMs),
    ...{ status: 'scheduled', isFinishing: false, held: quantity, openOrders: 0 },
  };
}

/** Returns the record of a draw of the model. */
export function toRecord(
  { id: _id, quantity, closesAt, seed }: ModelDraw,
  { variantId, productId, shopId }: GivenVariant,
  now: Date,
): DrawRecord {
  return {
    ...{ _id, variantId, productId, shopId, quantity, perBuyer: quantity },
    ...{ opensAt: now, closesAt, status: 'scheduled', seedHash: hashSeed(seed) },
    ...{ held: quantity, openOrders: 0, position: 0, revision: 0, isActive: true },
    ...{ createdAt: now, createdBy: 'test' },
  };
}

/** Returns the variant of a draw. */
export function getVariant({ variants }: RealLedger, { variant: index }: ModelDraw): GivenVariant {
  const variant = variants[index];
  if (variant === undefined) throw new RangeError(`there is no variant ${index}`);
  return variant;
}

/**
 * Stores entries in a draw, each twice with the same id, and adds them to the model. Expects the
 * results of the model both times.
 */
export async function enterAll(
  real: RealLedger,
  draw: ModelDraw,
  entries: readonly WantedEntry[],
): Promise<void> {
  const { store } = real.ledger;
  const drafts: EntryDraft[] = [];
  const expected: EntryResult[] = [];
  const added: ModelDraw['entries'] = [];
  for (const wanted of entries) {
    const { buyer, units, isFree } = wanted;
    draw.attempts += 1;
    const id = idFrom('chk', `${draw.id} ${draw.attempts}`);
    drafts.push(toDraft(real, draw, id, wanted));
    const cart = Array.from({ length: VARIANTS }, (_, at) => (at === draw.variant ? units : 0));
    const purchase: Purchase = { cart, buyer, discounts: [], isFree };
    const earlier = findEntry({ ...draw, entries: [...draw.entries, ...added] }, buyer);
    if (earlier !== undefined) expected.push({ enteredBy: earlier.id });
    else if (!acceptsEntries(draw)) expected.push('closed');
    else {
      expected.push('stored');
      added.push({ id, purchase, outcome: 'waiting', isEntered: true });
    }
  }
  for (let time = 1; time <= 2; time += 1) {
    const results = await storeEntries(store, drafts);
    expect(results).toEqual(expected.map((value) => ({ value })));
  }
  draw.entries.push(...added);
}

function toDraft(
  real: RealLedger,
  draw: ModelDraw,
  _id: string,
  { buyer, units, isFree }: WantedEntry,
): EntryDraft {
  const variant = getVariant(real, draw);
  const now = real.clock.now();
  const line = toPricedLine(variant, units);
  const unitPrice = isFree ? 0 : line.unitPrice;
  return {
    ...{ _id, storefrontId: variant.shopId, madeBy: 'key_test', buyerId: `b${buyer}` },
    ...{ drawId: draw.id, idempotencyKey: _id, requestHash: '0'.repeat(64), status: 'waiting' },
    ...{ lines: [{ ...line, unitPrice }], currency: 'GBP', total: units * unitPrice },
    ...{ receivedAt: now, acceptedAt: now, wakeups: 0 },
    ...(isFree && { confirmFreeOf: [variant.shopId] }),
  };
}

/** Closes a draw. Expects `false` before its closing time, and again once it is closed. */
export async function close({ ledger, clock }: RealLedger, draw: ModelDraw): Promise<void> {
  const { id: _id, closesAt } = draw;
  const isDue = acceptsEntries(draw);
  const earlyMs = closesAt.getTime() - clock.now().getTime();
  if (earlyMs > 0) {
    expect(await closeDraw(ledger, { _id, closesAt })).toBe(false);
    clock.advance(earlyMs);
  }
  expect(await closeDraw(ledger, { _id, closesAt })).toBe(isDue);
  if (isDue) draw.status = 'closed';
  expect(await closeDraw(ledger, { _id, closesAt })).toBe(false);
}

/** Places entries batch by batch, as a worker does, from the position of the draw. */
export async function walk(
  real: RealLedger,
  draw: ModelDraw,
  order: readonly string[],
): Promise<void> {
  const { ledger } = real;
  const { productId } = getVariant(real, draw);
  const { position = 0, held = 0 } = (await ledger.store.draws.findOne({ _id: draw.id })) ?? {};
  let progress = { from: position, held };
  for (let batch = 0; batch < BATCHES_MAX; batch += 1) {
    const done = await placeWinners(ledger, { drawId: draw.id, productId, order, ...progress });
    if (done === undefined) expect(givesOutUnits(draw)).toBe(false);
    if (done === undefined || done.held === 0 || done.next === order.length) return;
    progress = { from: done.next, held: done.held };
  }
  throw new RangeError(`a walk over ${order.length} entries does not end`);
}

/**
 * Applies a walk to the model: in the drawn order, the entries that fit get units that the draw
 * holds.
 */
export function serveModel(
  model: LedgerModel,
  real: RealLedger,
  draw: ModelDraw,
  order: readonly string[],
): void {
  const { shopId } = getVariant(real, draw);
  for (const id of order) {
    const entry = draw.entries.find((candidate) => candidate.id === id);
    if (entry?.outcome !== 'waiting') continue;
    const { purchase } = entry;
    if ((purchase.cart[draw.variant] ?? 0) > draw.held) continue;
    const refusal = model.placeFrom(draw, purchase);
    entry.outcome = refusal ?? 'placed';
    const status = refusal === undefined ? 'placed' : 'rejected';
    const orderIds = refusal === undefined ? [toOrderId(id, shopId)] : [];
    addSettled(model, real, purchase, { checkoutId: id, status, orderIds }, draw);
  }
}

/** Rejects the entries that still wait, in the ledger and in the model. */
export async function rejectWaiting({ ledger }: RealLedger, draw: ModelDraw): Promise<void> {
  const waiting = draw.entries.filter(({ outcome }) => outcome === 'waiting');
  expect((await rejectEntries(ledger, draw.id)).count).toBe(waiting.length);
  expect(await rejectEntries(ledger, draw.id)).toEqual({ count: 0, isLast: true });
  for (const entry of waiting) entry.outcome = 'not_drawn';
}
