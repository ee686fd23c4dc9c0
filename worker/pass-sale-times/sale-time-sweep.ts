import { setTimeout as sleep } from 'node:timers/promises';
import { toProductEvent } from '../../shared/domain/product-events.ts';
import { passTimes } from '../../shared/domain/sale-times.ts';
import { toOutboxEntry } from '../../shared/ledger/commit.ts';
import { forgetLapses } from '../../shared/ledger/lapses/forget-lapses.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import { inTransaction, isRetryable } from '../../shared/store/transaction.ts';

export const PASS_TIMES_EVERY_MS = 250;
/** The most products of one round. */
const PAGE_MAX = 200;

type DueProduct = Pick<ProductRecord, '_id' | 'saleFrom' | 'saleUntil' | 'nextTimeAt'>;

const DUE_FIELDS = { saleFrom: 1, saleUntil: 1, nextTimeAt: 1 };

/** Returns whether a sale of the product starts or ends now. */
function isSaleDue({ saleFrom, saleUntil, nextTimeAt }: DueProduct, now: Date): boolean {
  const isDue = (time: Date | undefined) =>
    time !== undefined && nextTimeAt !== undefined && time >= nextTimeAt && time <= now;
  return isDue(saleFrom) || isDue(saleUntil);
}

/**
 * Publishes products whose `publishAt` has come, and writes the events of sales that have started
 * or ended. The sweep waits for times that come before the next round, so that a product is
 * published within milliseconds of its time. When a sale starts or ends, the record of lapsed holds
 * is removed.
 *
 * Several workers may run this sweep at the same time. The transaction that writes the events also
 * sets the product's next time. A concurrent transaction for the product conflicts, runs again and
 * finds nothing due.
 * @returns the number of events
 * @throws a retryable error at once; an Error that names the first product whose times could not be
 *   processed, once the other products have been processed
 */
export async function passSaleTimes(context: LedgerContext, signal?: AbortSignal): Promise<number> {
  const { store, clock } = context;
  const nextRound = new Date(clock.now().getTime() + PASS_TIMES_EVERY_MS);
  const due = await store.products
    .find<DueProduct>(
      { nextTimeAt: { $lte: nextRound }, importId: null },
      { projection: DUE_FIELDS, sort: { nextTimeAt: 1 }, limit: PAGE_MAX },
    )
    .toArray();
  let written = 0;
  const faults: string[] = [];
  let hasWaited = false;
  for (const dueProduct of due) {
    hasWaited = (await waitUntil(dueProduct.nextTimeAt, clock, signal)) || hasWaited;
    if (signal?.aborted === true) break;
    try {
      // The times of the product may have been changed during the wait.
      const product = hasWaited ? await readAgain(context, dueProduct) : dueProduct;
      if (product !== null) written += await passDueTimes(context, product);
    } catch (error) {
      if (isRetryable(error)) throw error;
      faults.push(`product ${dueProduct._id}: ${errorMessage(error)}`);
    }
  }
  if (faults.length > 0) throw new Error(faults[0]);
  return written;
}

function readAgain({ store }: LedgerContext, { _id }: DueProduct): Promise<DueProduct | null> {
  return store.products.findOne<DueProduct>({ _id }, { projection: DUE_FIELDS });
}

async function passDueTimes(context: LedgerContext, product: DueProduct): Promise<number> {
  // The lapses are removed before the time counts as passed. If this process dies in between,
  // another sweep removes them.
  if (isSaleDue(product, context.clock.now())) await forgetLapses(context, product._id);
  return passProductTimes(context, product._id);
}

/**
 * Waits until the time has come or the signal aborts.
 * @returns false if the time had already come
 */
async function waitUntil(
  time: Date | undefined,
  clock: Clock,
  signal?: AbortSignal,
): Promise<boolean> {
  const ms = (time?.getTime() ?? 0) - clock.now().getTime();
  if (ms <= 0) return false;
  // Timers may fire up to a millisecond early.
  await sleep(ms + 1, undefined, signal && { signal }).catch(() => undefined);
  return true;
}

async function passProductTimes({ store, clock, onCommitted }: LedgerContext, _id: string) {
  const entry = await inTransaction(store, async (session) => {
    const product = await store.products.findOne<ProductRecord>({ _id }, { session });
    const now = clock.now();
    if (product?.nextTimeAt === undefined || product.nextTimeAt > now) return undefined;
    const { status, nextTimeAt, isStartUnsent, events } = passTimes(product, now);
    const { nextTimeAt: _, isStartUnsent: _s, revision: before = 0, ...kept } = product;
    const isChanged = events.length > 0;
    const revision = isChanged ? before + 1 : before;
    const updatedAt = isChanged ? now : product.updatedAt;
    const passed = {
      ...{ ...kept, status, updatedAt, revision },
      ...(nextTimeAt && { nextTimeAt }),
      ...(isStartUnsent && { isStartUnsent }),
    };
    await store.products.replaceOne({ _id }, passed, { session });
    if (!isChanged) return undefined;
    const outbox = toOutboxEntry(
      events.map((type) => toProductEvent(passed, type)),
      now,
    );
    await store.outbox.insertOne(outbox, { session });
    return outbox;
  });
  if (entry !== undefined) onCommitted?.(entry);
  return entry?.events.length ?? 0;
}
