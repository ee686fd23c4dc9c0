import { ON_HAND_MAX } from '../../../shared/contract/limits.ts';
import { decideAdjustment } from '../../../shared/domain/adjustment.ts';
import { RefusedError, refuseField } from '../../../shared/domain/errors.ts';
import { pick } from '../../../shared/domain/pick.ts';
import { readLapsedUnits } from '../../../shared/ledger/lapsed-units.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import type { ProductRecord, VariantRecord } from '../../../shared/store/collections/products.ts';
import type { AuditedCaller } from '../../audit/record-audit.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { toActor } from '../../http/principal.ts';
import type { CatalogContext } from '../context.ts';
import type { ProductRequest } from '../schemas.ts';

type Caller = AuditedCaller<CatalogContext>;

/** The counted units on hand, by SKU. */
export type Counts = ReadonlyMap<string, number>;

const REASON = 'import';

/**
 * Checks that the stock can be set to the counted number.
 * @throws RefusedError stock_below_reserved, before anything of the product is changed
 */
export async function checkStock(
  { context }: Caller,
  { variants }: ProductRecord,
  request: ProductRequest,
  counts: Counts,
): Promise<void> {
  for (const { id, sku, onHand, reserved: all } of await readLevels(context, variants, counts)) {
    const amount = { set: counts.get(sku) ?? onHand };
    const decide = (reserved: number) =>
      decideAdjustment({ onHand, reserved }, amount, ON_HAND_MAX);
    if (decide(all).kind === 'adjusted') continue;
    // The adjustment expires lapsed orders first.
    const options = { now: context.clock.now(), maxTimeMS: READ_TIMEOUT_MS };
    const lapsed = (await readLapsedUnits(context.store, [id], options)).get(id);
    const reserved = all - (lapsed?.units ?? 0);
    const decision = decide(reserved);
    if (decision.kind === 'adjusted') continue;
    const index = request.variants.findIndex((variant) => variant.sku === sku);
    const message = `${reserved} units of ${id} are reserved; fewer cannot remain.`;
    throw refuseField(decision.code, `variants.${index}.onHand`, message);
  }
}

/**
 * Sets the stock where it differs, and returns the number of adjustments.
 * @throws RefusedError stock_below_reserved if units were reserved just now; texts and prices are
 *   then changed already
 */
export async function setStock(
  { context, principal }: Caller,
  { _id: productId, variants }: ProductRecord,
  counts: Counts,
): Promise<number> {
  const levels = await readLevels(context, variants, counts);
  const commands = levels.flatMap(({ id: variantId, sku, onHand }) => {
    const set = counts.get(sku);
    if (set === undefined || set === onHand) return [];
    const actor = toActor(principal);
    const amount = { set };
    const common = { productId, amount, onHandMax: ON_HAND_MAX, reason: REASON, actor };
    return [{ movementId: newId('mov'), variantId, ...common }];
  });
  const submitted = Promise.all(commands.map((command) => context.adjustments.submit(command)));
  for (const result of await withDeadline('adjusting', WRITE_TIMEOUT_MS, submitted)) {
    if (result.kind !== 'refused') continue;
    const { reserved } = result.level;
    const detail = `The stock was not set, because ${reserved} units are reserved by now.`;
    throw new RefusedError('stock_below_reserved', detail);
  }
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
    return level ? [{ id, sku, ...pick(level, 'onHand', 'reserved') }] : [];
  });
}
