import { availableUnits } from '../../shared/domain/vocabulary.ts';
import { clearWaits } from '../../shared/ledger/clear-waits.ts';
import { splitOnError } from '../../shared/ledger/commit.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import { parkCheckout } from '../../shared/ledger/park-checkout.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { FreedUnitsQueue } from '../../shared/queue/freed-units-queue.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import type { StockRecord } from '../../shared/store/collections/stock.ts';
import type { WaitRecord } from '../../shared/store/collections/waits.ts';
import { isRetryable } from '../../shared/store/transaction.ts';
import type { Filter } from '../../shared/store/typed-collection.ts';

export const SERVE_WAITING_EVERY_MS = 500;
/** The most checkouts whose waits are ended together, and the most lines of these. */
const PAGE_MAX = 256;
const LINES_MAX = 1_000;
/** If no transaction succeeds, a failed batch is halved only for this long. */
const HALVING_MS_MAX = 20_000;
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
 * Returns a sweep that ends the waits whose time or sale is over, or whose product or variant no
 * longer exists. It also passes on to `freedUnits` the variants with free units that checkouts
 * still wait for, in case the process that freed the units, or its job, was lost. If more stock
 * levels are awaited than one sweep reads, the next sweep continues after them. Several workers may
 * sweep concurrently.
 */
export function createWaitingSweep(
  { ledger, freedUnits }: ServeContext,
  levelsMax = LEVELS_MAX,
): (signal: AbortSignal) => Promise<void> {
  let last: AwaitedLevel | undefined;
  // The number of times that all levels have been read.
  let passes = 0;
  return async (signal) => {
    await endWaits(ledger, { waitUntil: { $lte: ledger.clock.now() } }, signal);
    const levels = await readAwaited(ledger.store, last, levelsMax);
    const pass = passes;
    last = levels.length < levelsMax ? undefined : levels.at(-1);
    if (last === undefined) passes += 1;
    if (levels.length === 0 || signal.aborted) return;
    await endWaitsFor(ledger, await findUnsaleable(ledger, levels), signal);
    const freed = levels.filter(
      (level) => level.freedAt !== undefined && availableUnits(level) > 0,
    );
    freedUnits.add(freed.map(({ _id: variantId }) => ({ variantId })));
    const checked = pickChecked(levels, pass);
    await endWaitsFor(ledger, await findRemoved(ledger, checked), signal);
    for (const { _id: variantId, productId } of checked) {
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
 * Returns the levels that this sweep checks for leftover marks and removed variants: in each pass
 * another part of the levels that it has read, so that successive passes cover all of them. A mark
 * is left over if the last waiting checkout of a level was withdrawn.
 */
function pickChecked(levels: readonly AwaitedLevel[], pass: number): readonly AwaitedLevel[] {
  const parts = Math.ceil(levels.length / CHECKED_MAX);
  const part = pass % parts;
  return levels.slice(part * CHECKED_MAX, (part + 1) * CHECKED_MAX);
}

/** Returns the levels of products whose sale is over, or that were deleted. */
async function findUnsaleable(
  { store, clock }: LedgerContext,
  levels: readonly AwaitedLevel[],
): Promise<readonly AwaitedLevel[]> {
  const products = await store.products
    .find<{ readonly _id: string }>(
      {
        _id: { $in: toProductIds(levels) },
        $or: [{ saleUntil: { $lte: clock.now() } }, { status: 'deleted' }],
      },
      { hint: '_id_', projection: { _id: 1 } },
    )
    .toArray();
  const unsaleableIds = new Set(products.map(({ _id }) => _id));
  return levels.filter(({ productId }) => unsaleableIds.has(productId));
}

/** Returns the levels of variants that were removed from their products. */
async function findRemoved(
  { store }: LedgerContext,
  levels: readonly AwaitedLevel[],
): Promise<readonly AwaitedLevel[]> {
  const products = await store.products
    .find<Pick<ProductRecord, 'variants'>>(
      { _id: { $in: toProductIds(levels) } },
      { projection: { 'variants.id': 1 } },
    )
    .toArray();
  const variantIds = new Set(products.flatMap(({ variants }) => variants.map(({ id }) => id)));
  return levels.filter(({ _id }) => !variantIds.has(_id));
}

function toProductIds(levels: readonly AwaitedLevel[]): string[] {
  return [...new Set(levels.map(({ productId }) => productId))];
}

async function endWaitsFor(
  ledger: LedgerContext,
  levels: readonly AwaitedLevel[],
  signal: AbortSignal,
): Promise<void> {
  for (const { _id } of levels) await endWaits(ledger, { 'lines.variantId': _id }, signal);
}

/** Settles the matching checkouts, which cannot get units any more, page by page. */
async function endWaits(
  ledger: LedgerContext,
  filter: Filter<WaitRecord>,
  signal: AbortSignal,
): Promise<void> {
  for (let page = 0; page < PAGES_MAX && !signal.aborted; page += 1) {
    const due = await ledger.store.waits
      .find<DueWait>(
        { isWaiting: true, ...filter },
        { projection: { 'lines.variantId': 1 }, limit: PAGE_MAX },
      )
      .toArray();
    const ids = takeLines(due);
    await settleEach(ledger, ids, signal);
    if (ids.length < due.length) continue;
    if (due.length < PAGE_MAX) return;
  }
}

type DueWait = Pick<WaitRecord, '_id' | 'lines'>;

/** Returns the ids of the first waits that have at most `LINES_MAX` lines together. */
function takeLines(due: readonly DueWait[]): string[] {
  let lineCount = 0;
  const end = due.findIndex(({ lines }) => {
    lineCount += lines.length;
    return lineCount > LINES_MAX;
  });
  return due.slice(0, end === -1 ? due.length : Math.max(1, end)).map(({ _id }) => _id);
}

/**
 * Settles checkouts together if possible. A checkout that can never be settled is parked, so
 * that it does not block the others. If a retry does not help, the checkouts are settled in halves,
 * because one transaction may take longer than the server allows.
 * @param halveUntil the time by `performance.now()` after which a failed batch is not halved
 * @throws the retryable error of a checkout that is settled alone, or of the last batch in time
 */
async function settleEach(
  ledger: LedgerContext,
  ids: readonly string[],
  signal: AbortSignal,
  halveUntil = performance.now() + HALVING_MS_MAX,
): Promise<void> {
  const results = await splitOnError(ids, (batch) => settleCheckouts(ledger, batch));
  const retryable = results.find((result) => 'error' in result && isRetryable(result.error));
  if (retryable !== undefined && 'error' in retryable) {
    const isLast = ids.length <= 1 || performance.now() >= halveUntil;
    if (isLast || signal.aborted) throw retryable.error;
    const middle = Math.ceil(ids.length / 2);
    await settleEach(ledger, ids.slice(0, middle), signal, halveUntil);
    return settleEach(ledger, ids.slice(middle), signal, halveUntil);
  }
  for (const [index, result] of results.entries()) {
    if ('error' in result) await parkCheckout(ledger, ids[index] ?? '', errorMessage(result.error));
  }
}
