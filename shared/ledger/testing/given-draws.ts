import { drawEntry, hashSeed, newSeed } from '../../runtime/draw-order.ts';
import { newId } from '../../runtime/ids.ts';
import type { DrawRecord } from '../../store/collections/draws.ts';
import { type GivenVariant, toPricedLine } from '../../testing/builders.ts';
import type { Cancellation } from '../draws/close-draw.ts';
import type { DrawDraft } from '../draws/create-draw.ts';
import type { EntryDraft } from '../draws/store-entries.ts';

/** A cancellation by a test. */
export const CANCELLATION: Cancellation = {
  actor: 'test',
  source: { actor: { kind: 'system', id: 'test' } },
};

/** Returns a draft of a draw of a variant that opens now and, by default, also closes now. */
export function toDrawDraft(
  { variantId, productId, shopId }: GivenVariant,
  quantity: number,
  { now = new Date(), lengthMs = 0, perBuyer = 1 } = {},
): DrawDraft {
  const seed = newSeed();
  const closesAt = new Date(now.getTime() + lengthMs);
  const draw: DrawRecord = {
    _id: newId('drw'),
    ...{ variantId, productId, shopId, quantity, perBuyer },
    ...{ opensAt: now, closesAt, status: 'scheduled', seedHash: hashSeed(seed) },
    ...{ held: quantity, openOrders: 0, position: 0, revision: 0, isActive: true },
    ...{ createdAt: now, createdBy: 'test' },
  };
  return { draw, seed };
}

/** Returns the draft of a buyer's entry. */
export function toEntryDraft(
  { _id: drawId }: DrawRecord,
  variant: GivenVariant,
  buyer: number,
  quantity = 1,
): EntryDraft {
  const now = new Date();
  const line = toPricedLine(variant, quantity);
  return {
    ...{ _id: newId('chk'), storefrontId: 'shp_test', madeBy: 'key_test', buyerId: `b${buyer}` },
    ...{ drawId, idempotencyKey: `${drawId}:${buyer}` },
    ...{ requestHash: '0'.repeat(64), status: 'waiting', lines: [line] },
    ...{ currency: 'GBP', total: quantity * line.unitPrice, receivedAt: now, acceptedAt: now },
    wakeups: 0,
  };
}

/**
 * Returns the entry with another id, which comes after nearly all other ids in the order of the
 * seed.
 */
export function drawnLate(entry: EntryDraft, seed: string): EntryDraft {
  let late = entry;
  while (drawEntry(seed, late._id).hash < 'fc') late = { ...entry, _id: newId('chk') };
  return late;
}
