import type { Timeline } from '../../domain/judging/history.ts';
import type { Carrier, RepairPlan } from '../../domain/judging/repair-plan.ts';
import { changeLevel } from '../../domain/stock-changes.ts';
import type { StockDelta, StockLevel } from '../../domain/vocabulary.ts';
import type { MovementRecord } from '../../store/collections/movements.ts';
import type { Session, Store } from '../../store/store.ts';
import { StaleReadError } from '../../store/transaction.ts';
import { writable } from '../../store/writable.ts';
import type { EventDraft } from '../commit.ts';
import type { LedgerContext } from '../ledger.ts';
import { toAdjustedEvent, toAlertEvents } from '../stock-events.ts';
import { toMovement } from '../stock-levels.ts';

/** The maximum number of movements, and of orders, with misplaced versions that a repair reads. */
const CARRIERS_MAX = 10_000;

/**
 * Finds the changes of a variant that carry a doubled or an impossible version. If there are any,
 * it reads all orders, because no index serves this search.
 */
export async function readMisplacedCarriers(
  store: Store,
  variantId: string,
  timeline: Timeline,
): Promise<Carrier[]> {
  if (timeline.misplaced === 0) return [];
  const versions = [...new Set([...timeline.doubled, ...timeline.outside])];
  const movements = await store.movements
    .find<{ _id: string; version: number }>(
      { variantId, version: { $in: versions } },
      { projection: { version: 1 }, limit: CARRIERS_MAX },
    )
    .toArray();
  const orders = await store.orders
    .find<{ _id: string; lines: readonly { version: number }[] }>(
      { lines: { $elemMatch: { variantId, version: { $in: versions } } } },
      { projection: { lines: { $elemMatch: { variantId } } }, limit: CARRIERS_MAX },
    )
    .toArray();
  return [
    ...movements.map(({ _id: id, version }) => ({ where: 'movement' as const, id, version })),
    ...orders.flatMap(({ _id: id, lines }) =>
      lines.map(({ version }) => ({ where: 'order' as const, id, version })),
    ),
  ];
}

/**
 * Returns movements that fill the missing versions, and the movement with which the repair ends, at
 * `version`.
 */
export function repairMovements(
  plan: RepairPlan,
  level: StockLevel,
  version: number,
  at: Date,
): MovementRecord[] {
  const movement = (movementVersion: number, delta: StockDelta, reason: string): MovementRecord =>
    toMovement(
      { ...level, version: movementVersion },
      { kind: 'reconcile', delta, reason, actor: 'system', at },
    );
  return [
    ...plan.fillers.map((filler) =>
      movement(filler.version, filler.delta, 'replaces a change whose record is missing'),
    ),
    movement(version, plan.closing, explain(level, plan)),
  ];
}

function explain(level: StockLevel, plan: RepairPlan): string {
  const { corrections, heldByUnlisted, draws } = plan;
  const corrected = (['onHand', 'reserved', 'sold'] as const)
    .filter((counter) => corrections[counter] !== 0)
    .map((counter) => `${counter} ${level[counter]} to ${level[counter] + corrections[counter]}`);
  if (heldByUnlisted !== 0) {
    const { heldByUnlisted: stored = 0 } = level;
    corrected.push(`heldByUnlisted ${stored} to ${stored + heldByUnlisted}`);
  }
  for (const { drawId, stored, expected } of draws) {
    corrected.push(`held of ${drawId} ${stored} to ${expected}`);
  }
  return corrected.length === 0 ? 'counters were right' : `corrected ${corrected.join(', ')}`;
}

/**
 * Returns the events of a corrected level: the adjustment, and the alerts that the correction
 * raises.
 */
export function repairEvents(
  level: StockLevel,
  version: number,
  corrections: StockDelta,
): EventDraft[] {
  const corrected = changeLevel(level, corrections, version);
  const adjusted = toAdjustedEvent(corrected, corrections.onHand, 'reconcile');
  return [adjusted, ...toAlertEvents(level, corrected)];
}

/**
 * Gives changes the versions to which the plan moves them, in their movements or order lines.
 * @throws StaleReadError if a change no longer has the version at which it was found
 */
export async function moveCarriers(
  { store }: LedgerContext,
  session: Session,
  { variantId, moves }: RepairPlan,
): Promise<void> {
  for (const { carrier, to } of moves) {
    const { id, where, version } = carrier;
    if (to === version) continue;
    const result =
      where === 'movement'
        ? await writable(store).movements.updateOne(
            { _id: id, variantId, version },
            { $set: { version: to } },
            { session },
          )
        : await writable(store).orders.updateOne(
            { _id: id, lines: { $elemMatch: { variantId, version } } },
            { $set: { 'lines.$.version': to } },
            { session },
          );
    if (result.matchedCount !== 1) throw new StaleReadError('a change with an impossible version');
  }
}

/**
 * Rewrites movements that do not move units as their kind requires.
 * @throws StaleReadError if a movement no longer has the version at which it was found
 */
export async function rewriteMovements(
  { store }: LedgerContext,
  session: Session,
  { variantId, rewrites }: RepairPlan,
): Promise<void> {
  for (const { version, kind, onHand } of rewrites) {
    if (kind === 'reserve' || kind === 'unknown') throw new RangeError(`no movement is a ${kind}`);
    const result = await writable(store).movements.updateOne(
      { variantId, version },
      { $set: { kind, 'delta.onHand': onHand } },
      { session },
    );
    if (result.matchedCount !== 1) throw new StaleReadError('a misshapen movement');
  }
}
