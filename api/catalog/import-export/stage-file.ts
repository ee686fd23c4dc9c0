import { checkSaleTimes } from '../../../shared/domain/sale-times.ts';
import { skuConflicts } from '../../../shared/domain/sku-claims.ts';
import { checkLimits, checkVariants } from '../../../shared/domain/variants.ts';
import { type HeldImport, renewImport } from '../../../shared/imports/import-lease.ts';
import type { Clock } from '../../../shared/runtime/clock.ts';
import type { ProductRecord } from '../../../shared/store/collections/products.ts';
import { isDuplicateKey } from '../../../shared/store/faults.ts';
import type { Session, Store } from '../../../shared/store/store.ts';
import { inTransaction, StaleReadError } from '../../../shared/store/transaction.ts';
import { validate } from '../../http/validate.ts';
import { toProductRecord } from '../create-product.ts';
import { productRequest } from '../schemas.ts';
import type { LineReport } from './line-report.ts';
import {
  type Candidate,
  type LineFault,
  type Parsed,
  type RefusedRows,
  toFaults,
} from './read/candidate.ts';

const BATCH_PRODUCTS = 400;
const BATCH_VARIANTS = 2_000;
const BATCH_CHARACTERS = 1_000_000;

interface Staging {
  readonly store: Store;
  readonly clock: Clock;
  readonly held: HeldImport;
  /** Collects the faults of products that cannot be stored. */
  readonly report: LineReport;
}

/** A valid product of the file and its record. */
interface CheckedProduct {
  readonly candidate: Candidate;
  readonly record: ProductRecord;
}

/**
 * Stages all valid products of a file in batches.
 * @returns the number of staged products
 * @throws FileFault, or an error of reading or storing; some products may be staged by then
 */
export async function stageFile(
  staging: Staging,
  products: AsyncIterable<Parsed>,
): Promise<number> {
  const { report } = staging;
  let batch: CheckedProduct[] = [];
  let [variants, characters, staged] = [0, 0, 0];
  for await (const parsed of products) {
    const checked = 'faults' in parsed ? parsed : checkCandidate(staging, parsed);
    if ('faults' in checked) {
      report.add(checked);
      continue;
    }
    batch.push(checked);
    variants += checked.record.variants.length;
    characters += checked.candidate.length;
    const isFull =
      batch.length >= BATCH_PRODUCTS ||
      variants >= BATCH_VARIANTS ||
      characters >= BATCH_CHARACTERS;
    if (!isFull) continue;
    staged += await stageBatch(staging, batch);
    batch = [];
    [variants, characters] = [0, 0];
  }
  return staged + (await stageBatch(staging, batch));
}

/** Validates a product by the rules of `POST /v1/products`. */
function checkCandidate(
  { held, clock }: Staging,
  candidate: Candidate,
): CheckedProduct | RefusedRows {
  try {
    const request = validate(productRequest, candidate.value);
    checkVariants(request.variants);
    checkLimits(request);
    checkSaleTimes(request);
    return { candidate, record: toProductRecord(held.shopId, request, clock.now()) };
  } catch (error) {
    return { faults: toFaults(error, candidate), rows: candidate.rows };
  }
}

/**
 * Stores those products of a batch whose SKUs are all free, and reports the others. Stored products
 * stay hidden until the import is committed. They already occupy their SKUs, because the unique
 * index contains hidden products too.
 * @returns the number of stored products
 * @throws ImportLostError if another process has taken the import over
 */
async function stageBatch(
  { store, held, report }: Staging,
  batch: readonly CheckedProduct[],
): Promise<number> {
  if (batch.length === 0) return 0;
  const refused = await inTransaction(store, async (session) => {
    await renewImport(store, held, session);
    const holders = await findSkuHolders(store, held.shopId, batch, session);
    const ids = new Set(batch.map(({ record }) => record._id));
    // A retry after a commit whose response was lost finds its own products.
    const isStored = holders.some(({ _id }) => ids.has(_id));
    const others = holders.filter(({ _id }) => !ids.has(_id));
    const admission = admit(held, batch, others);
    if (!isStored && admission.accepted.length > 0)
      await insert(store, admission.accepted, session);
    return admission.refused;
  });
  for (const product of refused) report.add(product);
  return batch.length - refused.length;
}

async function insert(
  store: Store,
  records: readonly ProductRecord[],
  session: Session,
): Promise<void> {
  try {
    await store.products.insertMany(records, { session });
  } catch (error) {
    // A SKU was taken after the transaction's snapshot. The next snapshot shows its holder.
    if (isDuplicateKey(error)) throw new StaleReadError('the shop’s SKUs');
    throw error;
  }
}

type SkuHolder = Pick<ProductRecord, '_id' | 'variants' | 'importId' | 'importLine'>;

/**
 * Finds the shop's products that have one of the batch's SKUs, including the hidden products of
 * this import.
 */
function findSkuHolders(
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

/** Divides a batch into products that can be stored and products with a SKU that is taken. */
function admit(
  held: HeldImport,
  batch: readonly CheckedProduct[],
  holders: readonly SkuHolder[],
): { readonly accepted: ProductRecord[]; readonly refused: RefusedRows[] } {
  const taken = new Map<string, number | undefined>();
  for (const { variants, importId, importLine } of holders) {
    const line = importId === held._id ? importLine : undefined;
    for (const { sku } of variants) taken.set(sku, line);
  }
  const claims = batch.map(({ candidate, record }) => ({
    line: candidate.line,
    skus: record.variants.map((variant) => variant.sku),
  }));
  const conflicts = skuConflicts(claims, taken);
  const accepted: ProductRecord[] = [];
  const refused: RefusedRows[] = [];
  for (const [index, { candidate, record }] of batch.entries()) {
    const faults = (conflicts[index] ?? []).map((conflict) => toFault(candidate, conflict));
    if (faults.length > 0) refused.push({ faults, rows: candidate.rows });
    else accepted.push({ ...record, importId: held._id, importLine: candidate.line });
  }
  return { accepted, refused };
}

function toFault(
  { findPlace }: Candidate,
  { index, line }: { readonly index: number; readonly line: number | undefined },
): LineFault {
  const place = findPlace(`variants.${index}.sku`);
  const message =
    line === undefined
      ? 'The shop already has a variant with this SKU.'
      : `The product on line ${line} has this SKU too.`;
  return { ...place, code: 'duplicate_sku', message };
}
