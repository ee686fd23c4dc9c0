import { toProductEvent } from '../../shared/domain/product-events.ts';
import { passTimes } from '../../shared/domain/sale-times.ts';
import { splitOnError, toOutboxEntry } from '../../shared/ledger/commit.ts';
import { forgetLapses } from '../../shared/ledger/lapses/forget-lapses.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { byIds, inOneBatch } from '../../shared/store/by-ids.ts';
import type { OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import { inTransaction, isRetryable } from '../../shared/store/transaction.ts';

export const PASS_TIMES_EVERY_MS = 250;
/** The most products that a round reads at a time, and how often it reads them. */
const PAGE_MAX = 200;
const PAGES_MAX = 20;
/** The most products of one transaction. */
const BATCH_MAX = 50;

type DueProduct = Pick<ProductRecord, '_id' | 'nextTimeAt'>;
type TimedProduct = Pick<ProductRecord, '_id' | 'saleFrom' | 'saleUntil' | 'nextTimeAt'>;

/** The number of events that were written, and why the times of some products cannot pass. */
interface Passed {
  readonly written: number;
  readonly faults: readonly string[];
}

/**
 * Publishes products whose `publishAt` has come, and writes the events of sales that have started
 * or ended. The sweep waits for times that come before the next round, so that a product is
 * published within milliseconds of its time. Products that are due at the same time share
 * transactions. When a sale starts or ends, the record of lapsed holds is removed.
 *
 * Several workers may run this sweep at the same time. The transaction that writes the events also
 * sets the products' next times. A concurrent transaction for one of the products conflicts, runs
 * again and finds nothing due.
 * @returns the number of events
 * @throws a retryable error at once; an Error that names the first product whose times could not be
 *   processed, once the other products have been processed
 */
export async function passSaleTimes(context: LedgerContext, signal?: AbortSignal): Promise<number> {
  let written = 0;
  const faults: string[] = [];
  for (let page = 0; page < PAGES_MAX && signal?.aborted !== true; page += 1) {
    const due = await readDue(context);
    const passed = await passPage(context, due, signal);
    written += passed.written;
    faults.push(...passed.faults);
    if (due.length < PAGE_MAX) break;
  }
  if (faults.length > 0) throw new Error(faults[0]);
  return written;
}

/** Reads products that are due before the next round, the earliest first. */
function readDue({ store, clock }: LedgerContext): Promise<DueProduct[]> {
  const nextRound = new Date(clock.now().getTime() + PASS_TIMES_EVERY_MS);
  return store.products
    .find<DueProduct>(
      { nextTimeAt: { $lte: nextRound }, importId: null },
      {
        ...{ projection: { nextTimeAt: 1 }, sort: { nextTimeAt: 1 }, limit: PAGE_MAX },
        ...inOneBatch({ length: PAGE_MAX }),
      },
    )
    .toArray();
}

async function passPage(
  context: LedgerContext,
  due: readonly DueProduct[],
  signal?: AbortSignal,
): Promise<Passed> {
  const left = [...due];
  let written = 0;
  const faults: string[] = [];
  while (left.length > 0) {
    await waitUntil(left[0]?.nextTimeAt, context.clock, signal);
    if (signal?.aborted === true) break;
    const ids = left.splice(0, countDue(left, context.clock.now())).map(({ _id }) => _id);
    const results = await splitOnError(ids, (batch) => passBatch(context, batch));
    for (const [index, result] of results.entries()) {
      if ('value' in result) written += result.value;
      else if (isRetryable(result.error)) throw result.error;
      else faults.push(`product ${ids[index]}: ${errorMessage(result.error)}`);
    }
  }
  return { written, faults };
}

/** Returns how many products at the beginning are due: at least one, and at most a batch. */
function countDue(products: readonly DueProduct[], now: Date): number {
  const isLater = ({ nextTimeAt }: DueProduct) => nextTimeAt !== undefined && nextTimeAt > now;
  const dueCount = products.slice(0, BATCH_MAX).findIndex(isLater);
  return dueCount === -1 ? BATCH_MAX : Math.max(dueCount, 1);
}

/** Waits until the time has come or the signal aborts. */
async function waitUntil(
  time: Date | undefined,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  const ms = (time?.getTime() ?? 0) - clock.now().getTime();
  if (ms <= 0) return;
  // Timers may fire up to a millisecond early.
  await pause(ms + 1, signal);
}

/**
 * Acts on the times of products in one transaction.
 * @returns the number of events of each product
 */
async function passBatch(context: LedgerContext, ids: readonly string[]): Promise<number[]> {
  // The lapses are removed before the times count as passed. If this process dies in between,
  // another sweep removes them.
  await forgetLapses(context, await findSalesDue(context, ids));
  const entry = await passProductTimes(context, ids);
  if (entry !== undefined) context.onCommitted?.(entry);
  const events = entry?.events ?? [];
  return ids.map((id) => events.filter(({ subjectId }) => subjectId === id).length);
}

/** Finds the products with a sale that starts or ends now. */
async function findSalesDue(
  { store, clock }: LedgerContext,
  ids: readonly string[],
): Promise<string[]> {
  const products = await store.products
    .find<TimedProduct>(byIds(ids), {
      ...inOneBatch(ids),
      projection: { saleFrom: 1, saleUntil: 1, nextTimeAt: 1 },
    })
    .toArray();
  const now = clock.now();
  return products.filter((product) => isSaleDue(product, now)).map(({ _id }) => _id);
}

/** Returns whether a sale of the product starts or ends now. */
function isSaleDue({ saleFrom, saleUntil, nextTimeAt }: TimedProduct, now: Date): boolean {
  const isDue = (time: Date | undefined) =>
    time !== undefined && nextTimeAt !== undefined && time >= nextTimeAt && time <= now;
  return isDue(saleFrom) || isDue(saleUntil);
}

/** Sets the next times of products and writes their events, which it returns. */
async function passProductTimes(
  { store, clock }: LedgerContext,
  ids: readonly string[],
): Promise<OutboxRecord | undefined> {
  return inTransaction(store, async (session) => {
    const products = await store.products
      .find<ProductRecord>(byIds(ids), { session, ...inOneBatch(ids) })
      .toArray();
    const now = clock.now();
    const passed = products.flatMap((product) => passOne(product, now));
    if (passed.length === 0) return undefined;
    await store.products.bulkWrite(
      passed.map(({ product }) => ({
        replaceOne: { filter: { _id: product._id }, replacement: product },
      })),
      { session },
    );
    const events = passed.flatMap(({ product, types }) =>
      types.map((type) => toProductEvent(product, type)),
    );
    if (events.length === 0) return undefined;
    const outbox = toOutboxEntry(events, now);
    await store.outbox.insertOne(outbox, { session });
    return outbox;
  });
}

/** Returns the product after its times and the types of its events; nothing if it is not due. */
function passOne(product: ProductRecord, now: Date) {
  if (product.nextTimeAt === undefined || product.nextTimeAt > now) return [];
  const { status, nextTimeAt, isStartUnsent, events: types } = passTimes(product, now);
  const { nextTimeAt: _, isStartUnsent: _s, revision: before = 0, ...kept } = product;
  const isChanged = types.length > 0;
  const passed: ProductRecord = {
    ...{ ...kept, status, updatedAt: isChanged ? now : product.updatedAt },
    revision: isChanged ? before + 1 : before,
    ...(nextTimeAt && { nextTimeAt }),
    ...(isStartUnsent && { isStartUnsent }),
  };
  return [{ product: passed, types }];
}
