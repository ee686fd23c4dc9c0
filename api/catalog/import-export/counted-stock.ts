import { ON_HAND_MAX } from '../../../shared/contract/limits.ts';
import { refuseField } from '../../../shared/domain/errors.ts';
import { adjustAllOrNone } from '../../../shared/ledger/adjust-stock.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import type { ProductRecord } from '../../../shared/store/collections/products.ts';
import type { AuditedCaller } from '../../audit/record-audit.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { toActor } from '../../http/principal.ts';
import type { CatalogContext } from '../context.ts';
import type { ProductRequest } from '../schemas.ts';

type Caller = AuditedCaller<CatalogContext>;
type ProductVariants = Pick<ProductRecord, '_id' | 'variants'>;

/** The counted units on hand, by SKU. */
export type Counts = ReadonlyMap<string, number>;

/** The request for a product in the file, with the counts of its variants. */
interface CountedProduct {
  readonly request: ProductRequest;
  readonly counts: Counts;
}

const REASON = 'import';

/** The result of `lowerStock`. */
interface LoweredStock {
  /** The number of adjustments. */
  readonly count: number;
  /**
   * The SKUs whose counts were applied. Applying these counts again would restore units that were
   * sold in between.
   */
  readonly appliedSkus: ReadonlySet<string>;
}

/**
 * Applies, in one transaction, the counts that do not raise the stock of their variants. If lapsed
 * orders hold units that prevent this, these orders expire first.
 * @throws RefusedError stock_below_reserved, naming the variant in the request; no stock is then
 *   changed
 */
export async function lowerStock(
  caller: Caller,
  product: ProductVariants,
  counted: CountedProduct,
): Promise<LoweredStock> {
  const levels = await readCounted(caller.context, product, counted);
  const applied = levels.filter(({ set, onHand }) => set <= onHand);
  const count = await setLevels(caller, product, counted, applied);
  return { count, appliedSkus: new Set(applied.map(({ sku }) => sku)) };
}

/**
 * Applies the counts of all SKUs except `appliedSkus`. Returns the number of adjustments.
 * @throws RefusedError as `lowerStock`
 */
export async function setStock(
  caller: Caller,
  product: ProductVariants,
  counted: CountedProduct,
  appliedSkus: ReadonlySet<string> = new Set(),
): Promise<number> {
  const levels = await readCounted(caller.context, product, counted);
  const remaining = levels.filter(({ sku }) => !appliedSkus.has(sku));
  return setLevels(caller, product, counted, remaining);
}

async function setLevels(
  { context, principal }: Caller,
  { _id: productId }: ProductVariants,
  { request }: CountedProduct,
  levels: readonly CountedLevel[],
): Promise<number> {
  const changed = levels.filter(({ set, onHand }) => set !== onHand);
  if (changed.length === 0) return 0;
  const actor = toActor(principal);
  const commands = changed.map(({ variantId, set }) => ({
    ...{ movementId: newId('mov'), variantId, productId, amount: { set } },
    ...{ onHandMax: ON_HAND_MAX, reason: REASON, actor },
  }));
  const adjusting = adjustAllOrNone(context.ledger, commands);
  const results = await withDeadline('adjusting', WRITE_TIMEOUT_MS, adjusting);
  changed.forEach(({ sku, variantId }, index) => {
    const result = results[index];
    if (result?.kind !== 'refused') return;
    const variantIndex = request.variants.findIndex((variant) => variant.sku === sku);
    const message = `${result.level.reserved} units of ${variantId} are reserved; the stock cannot be lower.`;
    throw refuseField(result.code, `variants.${variantIndex}.onHand`, message);
  });
  return commands.length;
}

/** The stock level of a variant, and its count in the file. */
interface CountedLevel {
  readonly variantId: string;
  readonly sku: string;
  readonly onHand: number;
  /** The units on hand according to the file. */
  readonly set: number;
}

async function readCounted(
  { store }: CatalogContext,
  { variants }: ProductVariants,
  { counts }: CountedProduct,
): Promise<CountedLevel[]> {
  const counted = variants.filter(({ sku }) => counts.has(sku));
  if (counted.length === 0) return [];
  const stored = await store.stock
    .find({ _id: { $in: counted.map(({ id }) => id) } }, { maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  const byId = new Map(stored.map((level) => [level._id, level]));
  return counted.flatMap(({ id: variantId, sku }) => {
    const [level, set] = [byId.get(variantId), counts.get(sku)];
    if (level === undefined || set === undefined) return [];
    return [{ variantId, sku, onHand: level.onHand, set }];
  });
}
