import { isAgeAllowed } from '../../domain/early-rejection.ts';
import { toChangeKind } from '../../domain/judging/recorded-change.ts';
import type { StockRefusal, VariantRecord } from '../../domain/judging/variant-record.ts';
import type { JudgedWindow } from '../../domain/judging/verdict.ts';
import { isBehindOthers } from '../../domain/lapsed-holds.ts';
import { atSnapshot } from '../../store/snapshot.ts';
import type { Session, Store } from '../../store/store.ts';
import { type IdRange, RANGE_SIZES, type RangeSizes, versionRanges } from './ranges.ts';
import {
  type IndexedCheckout,
  type IndexedOrder,
  variantCursors,
  windowTest,
} from './record-cursors.ts';
import { VariantIndex } from './variant-index.ts';

/** A refusal for stock, with the variant that was refused. */
export type Refusal = StockRefusal & { readonly variantId: string };

/**
 * Yields the record of each variant that has a stock document or occurs in any other document. It
 * reads the variants in ranges, each at its own snapshot, because no rule compares two variants.
 * The history of stock is complete, whatever the window.
 */
export async function* variantRecords(
  store: Store,
  window: JudgedWindow = {},
  sizes: RangeSizes = RANGE_SIZES,
): AsyncGenerator<VariantRecord> {
  for (const range of await versionRanges(store.stock, sizes.changes)) {
    const index = await atSnapshot(store, (session) => readVariants(store, session, range, window));
    yield* index.variants();
  }
}

/**
 * Reads the record of the variants in a range. Matches orders and checkouts in one pass, because
 * both are sorted by id.
 */
export async function readVariants(
  store: Store,
  session: Session,
  range: IdRange,
  window: JudgedWindow = {},
): Promise<VariantIndex> {
  const inWindow = windowTest(window);
  const cursors = variantCursors(store, session, range, window);
  const index = new VariantIndex(range);
  for await (const { _id, ...level } of cursors.stock) index.addStock(_id, level);
  for await (const { variantId, version, kind, delta, at: movedAt } of cursors.movements) {
    const change = { kind: toChangeKind(kind), version, inWindow: isWithin(window, movedAt) };
    index.addChange(variantId, { ...change, ...delta });
  }
  for await (const draw of cursors.draws) index.addDraw(draw);
  const checkouts = cursors.checkouts[Symbol.asyncIterator]();
  let next = await checkouts.next();
  let checkout: IndexedCheckout | undefined;
  const advance = async () => {
    checkout = next.value as IndexedCheckout;
    const refusal = toRefusal(checkout);
    if (refusal !== undefined) index.addRefusal(refusal.variantId, refusal);
    const wait = toWait(checkout);
    if (wait !== undefined) index.addWait(wait.variantId, wait);
    next = await checkouts.next();
  };
  for await (const order of cursors.orders) {
    const { checkoutId } = order;
    while (!next.done && next.value._id <= checkoutId) await advance();
    const isComparable = checkout?._id === checkoutId && isServedInOrder(checkout);
    const receivedAtMs = isComparable ? checkout?.receivedAt.getTime() : undefined;
    const placement = { inWindow: inWindow(checkoutId) };
    const served = checkout?._id === checkoutId ? toServedWait(checkout, order) : undefined;
    if (served !== undefined) index.addWait(served.variantId, served);
    index.addLines(order, receivedAtMs === undefined ? placement : { ...placement, receivedAtMs });
  }
  while (!next.done) await advance();
  return index;
}

/**
 * Returns the wait of a checkout that still waits or whose time to wait is over. `version` is the
 * last version of the level at which it waited; infinite if it still waits. Returns undefined for a
 * checkout with several lines, because no version of one level shows whether all of them fit. Also
 * returns undefined for a replayed checkout, and for one that waits behind all others, because no
 * checkout can overtake it.
 */
function toWait(checkout: IndexedCheckout) {
  const { status, rejection, shortage, lines, acceptedAt } = checkout;
  const [line] = lines;
  const isOver = status === 'rejected' && rejection?.code === 'wait_over';
  if (!line || lines.length > 1 || !(isOver || status === 'waiting')) return undefined;
  if (!shortage || isBehindOthers(shortage) || wasReplayed(checkout)) return undefined;
  const version = isOver ? (rejection.version ?? Number.NaN) : Number.POSITIVE_INFINITY;
  const { variantId, quantity: requested } = line;
  return { variantId, version, requested, acceptedAtMs: acceptedAt.getTime() };
}

/**
 * Returns the wait of a checkout that waited and then got its units. `version` is the last version
 * of the level at which it waited: the one before the version of its order.
 */
function toServedWait(checkout: IndexedCheckout, { lines: [served] }: IndexedOrder) {
  const { shortage, lines, acceptedAt } = checkout;
  const [line] = lines;
  if (!shortage || isBehindOthers(shortage) || wasReplayed(checkout)) return undefined;
  if (!line || !served || lines.length > 1) return undefined;
  const { variantId, quantity: requested } = line;
  const version = served.version - 1;
  return { variantId, version, requested, acceptedAtMs: acceptedAt.getTime() };
}

/**
 * Returns whether a checkout was parked and then replayed. Others may have been served while it was
 * parked. The record does not contain that time, so it does not show whether they overtook the
 * checkout.
 */
function wasReplayed({ replays = 0 }: IndexedCheckout): boolean {
  return replays > 0;
}

function isWithin({ from, to }: JudgedWindow, at: Date): boolean {
  return (from === undefined || at >= from) && (to === undefined || at < to);
}

/**
 * Returns whether checkouts like this one are promised to be served in the order of receipt: only
 * checkouts of one product, and no entries of draws, which have their own order.
 */
function isServedInOrder({ lines, drawId }: IndexedCheckout): boolean {
  return drawId === undefined && lines.every((line) => line.productId === lines[0]?.productId);
}

/**
 * Returns the refusal of a checkout that was refused as out of stock; undefined otherwise. The
 * refusal is judged by the units that it contains or that the checkout wants, whichever are fewer.
 * A refusal for a variant that the checkout does not want is false, and so is a refusal without a
 * version: both get the version NaN. Whether others overtook the checkout is judged only if it was
 * not replayed and has a single line. With several lines, no version of one level shows whether the
 * whole checkout would have fitted.
 */
export function toRefusal(checkout: IndexedCheckout): Refusal | undefined {
  const { status, rejection, lines, acceptedAt } = checkout;
  const [first] = lines;
  if (status !== 'rejected' || rejection?.code !== 'out_of_stock' || !first) return undefined;
  const line = lines.find(({ variantId }) => variantId === rejection.variantId);
  if (line === undefined) return { variantId: first.variantId, version: Number.NaN, requested: 0 };
  // An early rejection by a stock level that was read too long before counts as having no version.
  const isInTime = rejection.ageMs === undefined || isAgeAllowed(rejection.ageMs);
  return {
    variantId: line.variantId,
    version: (isInTime ? rejection.version : undefined) ?? Number.NaN,
    requested: Math.min(line.quantity, rejection.requested ?? line.quantity),
    ...(lines.length === 1 && !wasReplayed(checkout) && { acceptedAtMs: acceptedAt.getTime() }),
  };
}
