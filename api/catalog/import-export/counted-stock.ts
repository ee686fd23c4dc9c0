import { ON_HAND_MAX } from '../../../shared/contract/limits.ts';
import { refuseField } from '../../../shared/domain/errors.ts';
import { pick } from '../../../shared/domain/pick.ts';
import { adjustAllOrNone } from '../../../shared/ledger/adjust-stock.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import type { ProductRecord, VariantRecord } from '../../../shared/store/collections/products.ts';
import type { AuditedCaller } from '../../audit/record-audit.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { toActor } from '../../http/principal.ts';
import type { CatalogContext } from '../context.ts';
import type { ProductRequest } from '../schemas.ts';

type Caller = AuditedCaller<CatalogContext>;
type StockedProduct = Pick<ProductRecord, '_id' | 'variants'>;

/** The counted units on hand, by SKU. */
export type Counts = ReadonlyMap<string, number>;

/** The request for a product in the file, with the counts of its variants. */
interface CountedProduct {
  readonly request: ProductRequest;
  readonly counts: Counts;
}

const REASON = 'import';

/**
 * Sets the stock of variants where it differs, in one transaction, and returns the number of
 * adjustments. Lapsed orders that hold the units expire first.
 * @throws RefusedError stock_below_reserved, naming the variant in the request; no stock is then
 *   changed
 */
export async function setStock(
  caller: Caller,
  product: StockedProduct,
  counted: CountedProduct,
): Promise<number> {
  return setWhere(caller, product, counted, (set, onHand) => set !== onHand);
}

/** Like `setStock`, but only sets the stock of variants that it lowers. */
export async function lowerStock(
  caller: Caller,
  product: StockedProduct,
  counted: CountedProduct,
): Promise<number> {
  return setWhere(caller, product, counted, (set, onHand) => set < onHand);
}

async function setWhere(
  { context, principal }: Caller,
  { _id: productId, variants }: StockedProduct,
  { request, counts }: CountedProduct,
  isSet: (set: number, onHand: number) => boolean,
): Promise<number> {
  const levels = await readLevels(context, variants, counts);
  const changed = levels.flatMap(({ id: variantId, sku, onHand }) => {
    const set = counts.get(sku);
    return set !== undefined && isSet(set, onHand) ? [{ variantId, sku, amount: { set } }] : [];
  });
  if (changed.length === 0) return 0;
  const actor = toActor(principal);
  const commands = changed.map(({ variantId, amount }) => ({
    ...{ movementId: newId('mov'), variantId, productId, amount },
    ...{ onHandMax: ON_HAND_MAX, reason: REASON, actor },
  }));
  const adjusting = adjustAllOrNone(context.ledger, commands);
  const results = await withDeadline('adjusting', WRITE_TIMEOUT_MS, adjusting);
  changed.forEach(({ sku, variantId }, index) => {
    const result = results[index];
    if (result?.kind !== 'refused') return;
    const place = request.variants.findIndex((variant) => variant.sku === sku);
    const message = `${result.level.reserved} units of ${variantId} are reserved; fewer cannot remain.`;
    throw refuseField(result.code, `variants.${place}.onHand`, message);
  });
  return commands.length;
}

async function readLevels(
  { store }: CatalogContext,
  variants: readonly VariantRecord[],
  counts: Counts,
) {
  const counted = variants.filter(({ sku }) => counts.has(sku));
  if (counted.length === 0) return [];
  const found = await store.stock
    .find({ _id: { $in: counted.map(({ id }) => id) } }, { maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  const byId = new Map(found.map((level) => [level._id, level]));
  return counted.flatMap(({ id, sku }) => {
    const level = byId.get(id);
    return level ? [{ id, sku, ...pick(level, 'onHand') }] : [];
  });
}
