import { availableUnits } from '../../shared/domain/vocabulary.ts';
import { clearWaits } from '../../shared/ledger/clear-waits.ts';
import { splitOnError } from '../../shared/ledger/commit.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import { parkCheckout } from '../../shared/ledger/park-checkout.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { FreedUnitsQueue } from '../../shared/queue/freed-units-queue.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { StockRecord } from '../../shared/store/collections/stock.ts';
import type { WaitRecord } from '../../shared/store/collections/waits.ts';
import { isRetryable } from '../../shared/store/transaction.ts';
import type { Filter } from '../../shared/store/typed-collection.ts';

export const SERVE_WAITING_EVERY_MS = 500;
/** The most checkouts whose waits are ended together. */
const PAGE_MAX = 256;
/** The most pages that one call of `endWaits` settles. */
const PAGES_MAX = 40;
/** The most stock levels that one sweep reads. */
const LEVELS_MAX = 5_000;
/** The most stock levels for which one sweep checks whether any checkout waits. */
const CHECKED_MAX = 20;

interface ServeContext {
  readonly ledger: LedgerContext;
  readonly freedUnits: Pick<FreedUnitsQueue, 'add'>;
}

type AwaitedLevel = Pick<StockRecord, '_id' | 'productId' | 'onHand' | 'reserved' | 'freedAt'>;

/**
 * Returns a sweep that ends the waits whose time or sale is over. It also passes on to `freedUnits` the
 * variants with free units that checkouts still wait for, in case the process that freed the units, or
 * its job, was lost. If more stock levels are awaited than one sweep reads, the next sweep continues
 * after them. Several workers may sweep concurrently.
 */
export function createWaitingSweep(
  { ledger, freedUnits }: ServeContext,
  levelsMax = LEVELS_MAX,
): (signal: AbortSignal) => Promise<void> {
  let last: AwaitedLevel | undefined;
  return async (signal) => {
    await endWaits(ledger, { waitUntil: { $lte: ledger.clock.now() } }, signal);
    const levels = await readAwaited(ledger.store, last, levelsMax);
    last = levels.length < levelsMax ? undefined : levels.at(-1);
    if (levels.length === 0 || signal.aborted) return;
    await endSales(ledger, levels, signal);
    const freed = levels.filter(
      (level) => level.freedAt !== undefined && availableUnits(level) > 0,
    );
    freedUnits.add(freed.map(({ _id: variantId }) => ({ variantId })));
    for (const { _id: variantId, productId } of pickChecked(levels, ledger.clock.now())) {
      if (!signal.aborted) await clearWaits(ledger, { variantId, productId });
    }
  };
}

/** Reads stock levels that checkouts wait for, after `last`, by product and then by variant. */
function readAwaited(
  store: LedgerContext['store'],
  last: AwaitedLevel | undefined,
  limit: number,
): Promise<AwaitedLevel[]> {
  const after = last && {
    $or: [
      { productId: { $gt: last.productId } },
      { productId: last.productId, _id: { $gt: last._id } },
    ],
  };
  return store.stock
    .find<AwaitedLevel>(
      { waits: { $exists: true }, ...after },
      {
        hint: 'awaited_stock',
        projection: { productId: 1, onHand: 1, reserved: 1, freedAt: 1 },
        sort: { productId: 1, _id: 1 },
        limit,
      },
    )
    .toArray();
}

/**
 * Returns the levels that this sweep checks for leftover marks; successive sweeps cover all levels.
 * A mark is left over if the last waiting checkout of a level was withdrawn.
 */
function pickChecked(levels: readonly AwaitedLevel[], now: Date): readonly AwaitedLevel[] {
  const parts = Math.ceil(levels.length / CHECKED_MAX);
  const part = Math.floor(now.getTime() / SERVE_WAITING_EVERY_MS) % parts;
  return levels.slice(part * CHECKED_MAX, (part + 1) * CHECKED_MAX);
}

/** Ends the waits for products whose sale is over. */
async function endSales(
  ledger: LedgerContext,
  levels: readonly AwaitedLevel[],
  signal: AbortSignal,
): Promise<void> {
  const productIds = [...new Set(levels.map(({ productId }) => productId))];
  const ended = await ledger.store.products
    .find<{ readonly _id: string }>(
      { _id: { $in: productIds }, saleUntil: { $lte: ledger.clock.now() } },
      { projection: { _id: 1 } },
    )
    .toArray();
  const endedIds = new Set(ended.map(({ _id }) => _id));
  for (const { _id, productId } of levels) {
    if (endedIds.has(productId)) {
      await endWaits(ledger, { 'lines.variantId': _id }, signal);
    }
  }
}

/** Settles the matching checkouts, whose waiting time is over, page by page. */
async function endWaits(
  ledger: LedgerContext,
  filter: Filter<WaitRecord>,
  signal: AbortSignal,
): Promise<void> {
  for (let page = 0; page < PAGES_MAX && !signal.aborted; page += 1) {
    const due = await ledger.store.waits
      .find<{ readonly _id: string }>(
        { isWaiting: true, ...filter },
        { projection: { _id: 1 }, limit: PAGE_MAX },
      )
      .toArray();
    await settleEach(
      ledger,
      due.map(({ _id }) => _id),
    );
    if (due.length < PAGE_MAX) return;
  }
}

/**
 * Settles checkouts together if possible. A checkout that can never be settled is parked, so
 * that it does not block the others.
 */
async function settleEach(ledger: LedgerContext, ids: readonly string[]): Promise<void> {
  const results = await splitOnError(ids, (batch) => settleCheckouts(ledger, batch));
  for (const [index, result] of results.entries()) {
    if (!('error' in result)) continue;
    if (isRetryable(result.error)) throw result.error;
    await parkCheckout(ledger, ids[index] ?? '', errorMessage(result.error));
  }
}
