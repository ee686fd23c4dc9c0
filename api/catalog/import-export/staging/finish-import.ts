import { openStock } from '../../../../shared/ledger/open-stock.ts';
import { pause } from '../../../../shared/runtime/deadline.ts';
import { startPeriodic } from '../../../../shared/runtime/periodic.ts';
import type { ProductRecord } from '../../../../shared/store/collections/products.ts';
import { isPassingFault } from '../../../../shared/store/faults.ts';
import type { Session, Store } from '../../../../shared/store/store.ts';
import { inTransaction } from '../../../../shared/store/transaction.ts';
import { BatchSize } from './batch-size.ts';
import {
  beginUndo,
  closeImport,
  type HeldImport,
  ImportLostError,
  RENEW_EVERY_MS,
  renewImport,
} from './import-record.ts';

type StagedProduct = Pick<ProductRecord, '_id' | 'shopId' | 'variants'> & {
  readonly bytes: number;
};

/** Sizes are asked for in pages of this many, since a batch of large products holds only a few. */
const PAGE_PRODUCTS = 100;
const BACKOFF_MS = 50;

/**
 * Does what is left to do of an import: shows its products if it is committed, else removes them.
 * It can be done again, and by several at the same time.
 * @throws ImportLostError when the import is another process's by now
 */
export async function finishImport(store: Store, held: HeldImport): Promise<void> {
  if (held.state === 'committed') return complete(store, held);
  const undoing = held.state === 'undoing' ? held : await beginUndo(store, held);
  await inBatches(store, undoing, async (session, ids) => {
    const filter = { _id: { $in: ids }, importId: undoing._id };
    await store.products.deleteMany(filter, { session });
  });
}

/** Each product gets its stock levels in the transaction that shows it. */
async function complete(store: Store, held: HeldImport): Promise<void> {
  const status = held.publish ? 'published' : 'draft';
  await inBatches(store, held, async (session, ids, products) => {
    await openStock(store, session, products.flatMap(levelsOf));
    await store.products.updateMany(
      { _id: { $in: ids }, importId: held._id },
      { $set: { status }, $unset: { importId: '', importLine: '' } },
      { session },
    );
  });
}

type BatchWork = (
  session: Session,
  ids: readonly string[],
  products: readonly StagedProduct[],
) => Promise<void>;

/** The lease is renewed all the while, so that a batch may be tried for as long as it needs. */
async function inBatches(store: Store, held: HeldImport, work: BatchWork): Promise<void> {
  let lost: ImportLostError | undefined;
  const renewing = startPeriodic({
    everyMs: RENEW_EVERY_MS,
    run: () => renewImport(store, held),
    onError: (error) => {
      if (error instanceof ImportLostError) lost = error;
    },
  });
  try {
    const size = new BatchSize();
    while ((await doBatch(store, held, size, work)) > 0) if (lost !== undefined) throw lost;
  } finally {
    await renewing.stop();
  }
  await closeImport(store, held);
}

/**
 * Does one batch, smaller and smaller as long as it fails. There is one try of each size, for what
 * has failed since it took too long fails again; only the smallest is repeated.
 * @returns how many products were in it
 */
async function doBatch(
  store: Store,
  held: HeldImport,
  size: BatchSize,
  work: BatchWork,
): Promise<number> {
  const tryIt = async (session: Session) => {
    const batch = await size.fill(weighed(stagedOf(store, held, session)));
    const products = batch.map(({ product }) => product);
    const ids = products.map((product) => product._id);
    if (ids.length > 0) await work(session, ids, products);
    return ids.length;
  };
  for (; !size.isSmallest; size.halve()) {
    try {
      const count = await inTransaction(store, tryIt, 0);
      size.grow();
      return count;
    } catch (error) {
      if (!isPassingFault(error)) throw error;
      await pause(BACKOFF_MS * (0.5 + Math.random()));
    }
  }
  const count = await inTransaction(store, tryIt);
  size.grow();
  return count;
}

function stagedOf(store: Store, { _id }: HeldImport, session: Session) {
  const projection = { shopId: 1, 'variants.id': 1, bytes: { $bsonSize: '$$ROOT' } };
  return store.products
    .find<StagedProduct>({ importId: _id }, { session, batchSize: PAGE_PRODUCTS, projection })
    .sort({ _id: 1 });
}

async function* weighed(products: AsyncIterable<StagedProduct>) {
  for await (const product of products) {
    yield { product, bytes: product.bytes, variants: product.variants.length };
  }
}

function levelsOf({ _id: productId, shopId, variants }: StagedProduct) {
  return variants.map(({ id: _id }) => ({ _id, productId, shopId }));
}
