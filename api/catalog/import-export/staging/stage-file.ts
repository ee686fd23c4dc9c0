import { checkVariants } from '../../../../shared/domain/variants.ts';
import type { HeldImport } from '../../../../shared/imports/import-lease.ts';
import type { Clock } from '../../../../shared/runtime/clock.ts';
import type { Store } from '../../../../shared/store/store.ts';
import { validate } from '../../../http/validate.ts';
import { productRecordOf } from '../../create-product.ts';
import { productRequest } from '../../schemas.ts';
import type { LineReport } from '../line-report.ts';
import { type Candidate, faultsOf, type Parsed, type Unreadable } from '../read/candidate.ts';
import { type CheckedProduct, stageProducts } from './stage-products.ts';

const BATCH_PRODUCTS = 400;
const BATCH_VARIANTS = 2_000;
const BATCH_CHARACTERS = 1_000_000;

interface Staging {
  readonly store: Store;
  readonly clock: Clock;
  readonly held: HeldImport;
  /** Collects what is wrong with those that cannot be stored. */
  readonly report: LineReport;
}

/**
 * Stages all products of a file that can be had, a batch at a time.
 * @returns how many
 * @throws FileFault, and whatever reading or storing throws; some are then staged
 */
export async function stageFile(
  staging: Staging,
  products: AsyncIterable<Parsed>,
): Promise<number> {
  const { report, held, clock } = staging;
  const { shopId } = held;
  let batch = emptyBatch();
  let staged = 0;
  for await (const parsed of products) {
    if ('faults' in parsed) {
      report.add(parsed);
      continue;
    }
    const checked = checkCandidate(parsed, { shopId, now: clock.now() });
    if (!('record' in checked)) {
      report.add(checked);
      continue;
    }
    batch.products.push(checked);
    batch.variants += checked.record.variants.length;
    batch.characters += parsed.length;
    if (!isFull(batch)) continue;
    staged += await stage(staging, batch.products);
    batch = emptyBatch();
  }
  return staged + (await stage(staging, batch.products));
}

/** Validates a product by the rules that apply to one that is posted alone. */
function checkCandidate(
  candidate: Candidate,
  { shopId, now }: { readonly shopId: string; readonly now: Date },
): CheckedProduct | Unreadable {
  try {
    const request = validate(productRequest, candidate.value);
    checkVariants(request.variants);
    return { candidate, record: productRecordOf(shopId, request, now) };
  } catch (error) {
    return { faults: faultsOf(error, candidate), rows: candidate.rows };
  }
}

interface Batch {
  readonly products: CheckedProduct[];
  variants: number;
  characters: number;
}

function emptyBatch(): Batch {
  return { products: [], variants: 0, characters: 0 };
}

function isFull({ products, variants, characters }: Batch): boolean {
  return (
    products.length >= BATCH_PRODUCTS ||
    variants >= BATCH_VARIANTS ||
    characters >= BATCH_CHARACTERS
  );
}

async function stage(
  { store, held, report }: Staging,
  products: readonly CheckedProduct[],
): Promise<number> {
  if (products.length === 0) return 0;
  const refused = await stageProducts(store, held, products);
  for (const each of refused) report.add(each);
  return products.length - refused.length;
}
