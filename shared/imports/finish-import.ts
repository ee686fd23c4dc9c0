import { toProductEvent } from '../domain/product-events.ts';
import { toOutboxEntry } from '../ledger/commit.ts';
import { openStock } from '../ledger/stock-levels.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { pause } from '../runtime/deadline.ts';
import type { ProductRecord } from '../store/collections/products.ts';
import { isTransientError } from '../store/faults.ts';
import type { Session, Store } from '../store/store.ts';
import { inTransaction } from '../store/transaction.ts';
import { BatchSize } from './batch-size.ts';
import { beginUndo, closeImport, type HeldImport, whileRenewed } from './import-lease.ts';

type StagedProduct = Pick<
  ProductRecord,
  | '_id'
  | 'shopId'
  | 'title'
  | 'variants'
  | 'metadata'
  | 'revision'
  | 'publishAt'
  | 'saleFrom'
  | 'saleUntil'
> & { readonly bytes: number };

const STAGED_FIELDS = {
  ...{ shopId: 1, title: 1, 'variants.id': 1, metadata: 1, revision: 1 },
  ...{ publishAt: 1, saleFrom: 1, saleUntil: 1, bytes: { $bsonSize: '$$ROOT' } },
} as const;

/** The maximum number of products that the cursor fetches at a time. */
const PAGE_PRODUCTS = 100;
const BACKOFF_MS = 50;

/**
 * Finishes an import: shows its products if it is committed, otherwise removes them. Then deletes
 * the record of the import. Calls are idempotent and may run at the same time.
 * @throws ImportLostError if another process has taken the import over
 */
export async function finishImport(
  store: Store,
  held: HeldImport,
  clock: Clock = systemClock,
): Promise<void> {
  if (held.state === 'committed') return complete(store, held, clock);
  const undoing = held.state === 'undoing' ? held : await beginUndo(store, held);
  await inBatches(store, undoing, async (session, ids) => {
    const filter = { _id: { $in: ids }, importId: undoing._id };
    await store.products.deleteMany(filter, { session });
  });
}

/** Shows the products in batches, each in one transaction with its stock levels and events. */
async function complete(store: Store, held: HeldImport, clock: Clock): Promise<void> {
  const status = held.publish ? 'published' : 'draft';
  await inBatches(store, held, async (session, ids, products) => {
    await openStock(store, session, products);
    await store.products.updateMany(
      { _id: { $in: ids }, importId: held._id },
      { $set: { status }, $unset: { importId: '', importLine: '' } },
      { session },
    );
    if (held.publish) await announce(store, session, products, clock.now());
  });
}

/**
 * Writes the `product.published` events. Products whose sale is already over get no events for the
 * start and the end of the sale.
 */
async function announce(
  store: Store,
  session: Session,
  products: readonly StagedProduct[],
  at: Date,
): Promise<void> {
  const events = products.map((product) => toProductEvent(product, 'product.published'));
  await store.outbox.insertOne(toOutboxEntry(events, at), { session });
  const ended = products.flatMap(({ _id, saleUntil }) => (saleUntil && saleUntil <= at ? _id : []));
  if (ended.length === 0) return;
  const noNextTime = { $unset: { nextTimeAt: '' } } as const;
  await store.products.updateMany({ _id: { $in: ended } }, noNextTime, { session });
}

type BatchWork = (
  session: Session,
  ids: readonly string[],
  products: readonly StagedProduct[],
) => Promise<void>;

/**
 * Processes all staged products in batches, renews the lease meanwhile, and then closes the import.
 */
async function inBatches(store: Store, held: HeldImport, work: BatchWork): Promise<void> {
  const size = new BatchSize();
  await whileRenewed(store, held, async (checkLease) => {
    while ((await doBatch(store, held, size, work)) > 0) checkLease();
  });
  await closeImport(store, held);
}

/**
 * Processes one batch. Each transient failure halves its size, because a transaction that took too
 * long would take too long again. Only a batch of the smallest size is tried again as it is.
 * @returns the number of products in the batch
 */
async function doBatch(
  store: Store,
  held: HeldImport,
  size: BatchSize,
  work: BatchWork,
): Promise<number> {
  const attempt = async (session: Session) => {
    const products = await size.fill(findStaged(store, held, session));
    const ids = products.map((product) => product._id);
    if (ids.length > 0) await work(session, ids, products);
    return ids.length;
  };
  for (; !size.isSmallest; size.halve()) {
    try {
      const count = await inTransaction(store, attempt, 0);
      size.grow();
      return count;
    } catch (error) {
      if (!isTransientError(error)) throw error;
      await pause(BACKOFF_MS * (0.5 + Math.random()));
    }
  }
  const count = await inTransaction(store, attempt);
  size.grow();
  return count;
}

function findStaged(store: Store, { _id }: HeldImport, session: Session) {
  return store.products
    .find<StagedProduct>(
      { importId: _id },
      { session, batchSize: PAGE_PRODUCTS, projection: STAGED_FIELDS },
    )
    .sort({ _id: 1 });
}
