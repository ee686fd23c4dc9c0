import {
  availableUnits,
  type FreedUnits,
  type StockChange,
  type StockDelta,
  type StockLevel,
  type WaitsChange,
} from '../../domain/vocabulary.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { Session, Store } from '../../store/store.ts';
import { findUnawaited } from './find-unawaited.ts';
import type { WaitingCheckouts } from './read-waiting.ts';
import type { Settlement } from './settled-records.ts';

const NO_UNITS: StockDelta = { onHand: 0, reserved: 0, sold: 0 };

/** A batch's decisions and stock changes, with the waits and the stock that they are based on. */
interface WaitsOfBatch {
  readonly settlements: readonly Settlement[];
  readonly waiting: WaitingCheckouts;
  readonly stock: ReadonlyMap<string, StockLevel>;
  readonly stockChanges: readonly StockChange[];
}

/**
 * Adds the changes of waits to the stock changes. `mark` is set if checkouts begin to wait for a
 * level, or if none waits any longer. `freedAt` is cleared once all free units of the level have
 * been offered to the waiting checkouts. A level is written even if its counters do not change,
 * because beginning to wait must conflict with every other change of the level.
 */
export async function withWaits(
  store: Store,
  session: Session,
  { settlements, waiting, stock, stockChanges }: WaitsOfBatch,
): Promise<readonly StockChange[]> {
  const begunVariantIds = listVariantIds(settlements.filter(isBegun));
  const leaving = settlements.filter(hasLeft);
  const { readWhole } = waiting;
  if (begunVariantIds.size === 0 && readWhole.size === 0 && leaving.length === 0)
    return stockChanges;
  const leavingCheckoutIds = new Set(leaving.map(({ checkout }) => checkout._id));
  const stayingVariantIds = listVariantIds(
    waiting.checkouts
      .filter(({ _id }) => !leavingCheckoutIds.has(_id))
      .map((checkout) => ({ checkout })),
  );
  const decidedIds = new Set(settlements.map(({ checkout }) => checkout._id));
  // The batch does not decide a waiting checkout, although it was read, if too many checkouts wait
  // for another of its variants.
  const leftOutVariantIds = listVariantIds(
    waiting.checkouts.filter(({ _id }) => !decidedIds.has(_id)).map((checkout) => ({ checkout })),
  );
  const free = toFreeAfter(stock, stockChanges);
  const isOffered = (id: string) =>
    (readWhole.has(id) && !leftOutVariantIds.has(id)) || free(id) === 0;
  const variantIds = new Set([...begunVariantIds, ...readWhole, ...listVariantIds(leaving)]);
  const maybeUnawaited = [...variantIds].filter(
    (id) => !begunVariantIds.has(id) && !stayingVariantIds.has(id),
  );
  const unawaited = await findUnawaited(store, session, maybeUnawaited, [...leavingCheckoutIds]);
  const changes = new Map(stockChanges.map((change) => [change.variantId, change]));
  for (const variantId of variantIds) {
    const level = stock.get(variantId);
    if (level === undefined || (level.waits === undefined && !begunVariantIds.has(variantId)))
      continue;
    const waits = toWaitsChange(level, {
      isBegun: begunVariantIds.has(variantId),
      isUnawaited: unawaited.has(variantId),
      isOffered: isOffered(variantId),
    });
    if (waits === undefined) continue;
    const { version } = level;
    const unchanged = { variantId, fromVersion: version, toVersion: version, delta: NO_UNITS };
    changes.set(variantId, { ...(changes.get(variantId) ?? unchanged), waits });
  }
  return [...changes.values()];
}

interface WaitsOfVariant {
  readonly isBegun: boolean;
  readonly isUnawaited: boolean;
  /**
   * Whether all free units have been offered: either none is left, or the batch has decided every
   * waiting checkout for which they suffice.
   */
  readonly isOffered: boolean;
}

function toWaitsChange(
  { freedAt }: StockLevel,
  { isBegun, isUnawaited, isOffered }: WaitsOfVariant,
): WaitsChange | undefined {
  if (isUnawaited) return { mark: 'none' };
  const offered = isOffered && freedAt !== undefined && { freedAt: null };
  if (!isBegun && !offered) return undefined;
  return { ...(isBegun && { mark: 'begun' }), ...offered };
}

function isBegun({ checkout, outcome }: Settlement): boolean {
  return checkout.status === 'queued' && outcome.status === 'waiting';
}

/** Returns whether a checkout that waited has its outcome now. */
export function hasLeft({ checkout, outcome }: Settlement): boolean {
  return checkout.status === 'waiting' && outcome.status !== 'waiting';
}

function listVariantIds(
  settlements: readonly { readonly checkout: CheckoutRecord }[],
): Set<string> {
  return new Set(
    settlements.flatMap(({ checkout }) => checkout.lines.map(({ variantId }) => variantId)),
  );
}

/**
 * Returns, for each waiting checkout that got units, how long these had been free, in ms. Leaves
 * out checkouts for which that is not known.
 */
export function listFreeMs(
  settlements: readonly Settlement[],
  stock: ReadonlyMap<string, StockLevel>,
  settledAt: Date,
): number[] {
  return settlements.flatMap(({ checkout, outcome }) => {
    if (checkout.status !== 'waiting' || outcome.status !== 'placed') return [];
    // A checkout of several variants waited for the variant whose units became free last.
    const times = checkout.lines.flatMap(({ variantId }) => stock.get(variantId)?.freedAt ?? []);
    if (times.length === 0) return [];
    const freedAtMs = Math.max(...times.map((time) => time.getTime()));
    return [Math.max(0, settledAt.getTime() - freedAtMs)];
  });
}

/** Lists the variants with free units for which more checkouts may wait than were read. */
export function listUnread(
  { readUpTo }: WaitingCheckouts,
  stock: ReadonlyMap<string, StockLevel>,
  stockChanges: readonly StockChange[],
): FreedUnits[] {
  const free = toFreeAfter(stock, stockChanges);
  return [...readUpTo.keys()].flatMap((variantId) => {
    const productId = stock.get(variantId)?.productId;
    return productId === undefined || free(variantId) === 0 ? [] : [{ variantId, productId }];
  });
}

/** Returns a function that computes how many units of a variant are free after the changes. */
function toFreeAfter(
  stock: ReadonlyMap<string, StockLevel>,
  stockChanges: readonly StockChange[],
): (variantId: string) => number {
  const deltas = new Map(stockChanges.map(({ variantId, delta }) => [variantId, delta]));
  return (variantId) => {
    const level = stock.get(variantId);
    if (level === undefined) return 0;
    const { onHand, reserved } = deltas.get(variantId) ?? NO_UNITS;
    return availableUnits(level) + onHand - reserved;
  };
}
