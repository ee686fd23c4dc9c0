import { randomInt } from 'node:crypto';
import { DRAW_ENTRIES_MAX } from '../../domain/draws.ts';
import type { DrawGateRecord } from '../../store/collections/draws.ts';
import type { Session, Store } from '../../store/store.ts';

/**
 * The number of gates of a draw. Concurrent transactions that count at the same gate conflict. Few
 * transactions are concurrent, because an API process stores many entries in each.
 */
const GATES = 16;
const GATE_ENTRIES_MAX = Math.floor(DRAW_ENTRIES_MAX / GATES);

/** Returns the gates of a new draw. They count its entries and are open until it closes. */
export function newGates(drawId: string): DrawGateRecord[] {
  return Array.from({ length: GATES }, (_, index) => ({
    _id: toGateId(drawId, index),
    drawId,
    isOpen: true,
    entries: 0,
  }));
}

function toGateId(drawId: string, index: number): string {
  return `${drawId}.${index}`;
}

/**
 * Counts entries at the gates of a draw, in the transaction that stores or withdraws them. A random
 * gate counts all of them if it has room; otherwise they are distributed over the gates. So an
 * entry is refused only if no gate has room for it.
 * @param entries the number of stored entries, or minus the number of withdrawn entries
 * @returns the number that was counted, which is lower than `entries` if the draw is full; `closed`
 *   if its gates are closed or closing
 */
export async function countAtGate(
  { drawGates }: Store,
  session: Session,
  drawId: string,
  entries: number,
): Promise<number | 'closed'> {
  const _id = toGateId(drawId, randomInt(GATES));
  const { matchedCount } = await drawGates.updateOne(
    { _id, isOpen: true, entries: { $lte: GATE_ENTRIES_MAX - Math.max(0, entries) } },
    { $inc: { entries } },
    { session },
  );
  if (matchedCount === 1) return entries;
  const gates = await drawGates.find({ drawId }, { session }).toArray();
  if (gates.length === 0 || gates.some(({ isOpen }) => !isOpen)) return 'closed';
  return fillGates({ drawGates }, session, gates, entries);
}

/** Counts as many entries as the gates have room for. Returns that number. */
async function fillGates(
  { drawGates }: Pick<Store, 'drawGates'>,
  session: Session,
  gates: readonly DrawGateRecord[],
  entries: number,
): Promise<number> {
  let left = entries;
  for (const { _id, entries: counted } of gates) {
    const taken = Math.min(left, Math.max(0, GATE_ENTRIES_MAX - counted));
    if (taken === 0) continue;
    await drawGates.updateOne({ _id }, { $inc: { entries: taken } }, { session });
    left -= taken;
  }
  return entries - left;
}

/**
 * Closes all gates of a draw. An entry whose transaction has not committed by then is either
 * counted before the gate closes or refused.
 */
export async function closeGates({ drawGates }: Store, drawId: string): Promise<void> {
  await drawGates.updateMany({ drawId, isOpen: true }, { $set: { isOpen: false } });
}

/** Returns the number of entries of a draw, which is the sum over its gates. */
export async function countEntries(
  { drawGates }: Store,
  drawId: string,
  session?: Session,
): Promise<number> {
  const gates = await drawGates.find({ drawId }, session ? { session } : {}).toArray();
  return gates.reduce((sum, { entries }) => sum + entries, 0);
}
