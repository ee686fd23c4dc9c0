import { skuConflicts } from '../../../../shared/domain/sku-claims.ts';
import { type HeldImport, renewImport } from '../../../../shared/imports/import-lease.ts';
import type { ProductRecord } from '../../../../shared/store/collections/products.ts';
import { isDuplicateKey } from '../../../../shared/store/faults.ts';
import type { Session, Store } from '../../../../shared/store/store.ts';
import { inTransaction, StaleReadError } from '../../../../shared/store/transaction.ts';
import type { Candidate, LineFault, Unreadable } from '../read/candidate.ts';

/** A product that is fine by itself, with its record and where it came from. */
export interface CheckedProduct {
  readonly candidate: Pick<Candidate, 'line' | 'rows' | 'placeOf'>;
  readonly record: ProductRecord;
}

type SkuHolder = Pick<ProductRecord, '_id' | 'variants' | 'importId' | 'importLine'>;

/**
 * Stores the products of a batch that get their SKUs, hidden until the import is committed. Their
 * SKUs are taken from now on: the index that keeps them unique knows nothing of hiding.
 * @returns what is wrong with each of the others
 * @throws ImportLostError when the import is another process's by now
 */
export function stageProducts(
  store: Store,
  held: HeldImport,
  batch: readonly CheckedProduct[],
): Promise<Unreadable[]> {
  return inTransaction(store, async (session) => {
    await renewImport(store, held, session);
    const holders = await holdersOf(store, held.shopId, batch, session);
    const ids = new Set(batch.map(({ record }) => record._id));
    // Run again after a commit whose answer got lost, it finds what it has done.
    const isDone = holders.some(({ _id }) => ids.has(_id));
    const others = holders.filter(({ _id }) => !ids.has(_id));
    const { accepted, refused } = admit(held, batch, others);
    if (!isDone && accepted.length > 0) await insert(store, accepted, session);
    return refused;
  });
}

async function insert(
  store: Store,
  records: readonly ProductRecord[],
  session: Session,
): Promise<void> {
  try {
    await store.products.insertMany(records, { session });
  } catch (error) {
    // Somebody took a SKU after the snapshot of the transaction: at the next one it is seen.
    if (isDuplicateKey(error)) throw new StaleReadError('the shop’s SKUs');
    throw error;
  }
}

/** Products of the shop, or of this import, that have one of the batch's SKUs. */
function holdersOf(
  store: Store,
  shopId: string,
  batch: readonly CheckedProduct[],
  session: Session,
): Promise<SkuHolder[]> {
  const skus = batch.flatMap(({ record }) => record.variants.map((variant) => variant.sku));
  return store.products
    .find<SkuHolder>(
      { shopId, 'variants.sku': { $in: skus }, status: { $in: ['draft', 'published'] } },
      { session, projection: { 'variants.sku': 1, importId: 1, importLine: 1 } },
    )
    .toArray();
}

function admit(
  held: HeldImport,
  batch: readonly CheckedProduct[],
  holders: readonly SkuHolder[],
): { readonly accepted: ProductRecord[]; readonly refused: Unreadable[] } {
  const taken = new Map<string, number | undefined>();
  for (const { variants, importId, importLine } of holders) {
    const line = importId === held._id ? importLine : undefined;
    for (const { sku } of variants) taken.set(sku, line);
  }
  const claims = batch.map(({ candidate, record }) => ({
    line: candidate.line,
    skus: record.variants.map((variant) => variant.sku),
  }));
  const accepted: ProductRecord[] = [];
  const refused: Unreadable[] = [];
  skuConflicts(claims, taken).forEach((conflicts, index) => {
    const product = batch[index];
    if (product === undefined) return;
    const { candidate, record } = product;
    const hidden = { importId: held._id, importLine: candidate.line };
    if (conflicts.length === 0) accepted.push({ ...record, ...hidden });
    else {
      const faults = conflicts.map((conflict) => faultOf(candidate, conflict));
      refused.push({ faults, rows: candidate.rows });
    }
  });
  return { accepted, refused };
}

function faultOf(
  { placeOf }: CheckedProduct['candidate'],
  { index, line }: { readonly index: number; readonly line: number | undefined },
): LineFault {
  const place = placeOf(`variants.${index}.sku`);
  const message =
    line === undefined
      ? 'The shop has a variant with this SKU already.'
      : `The product on line ${line} has this SKU too.`;
  return { ...place, code: 'duplicate_sku', message };
}
