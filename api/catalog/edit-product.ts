import { z } from '@hono/zod-openapi';
import { BODY_BYTES_MAX } from '../../shared/contract/limits.ts';
import { PRODUCT_TYPES } from '../../shared/contract/product-registry.ts';
import { refuseField } from '../../shared/domain/errors.ts';
import { mergeMetadata } from '../../shared/domain/metadata.ts';
import { changeValue, pick } from '../../shared/domain/pick.ts';
import { checkSaleTimes } from '../../shared/domain/sale-times.ts';
import { checkLimits, checkVariants, matchVariants } from '../../shared/domain/variants.ts';
import { closeStock, openStock } from '../../shared/ledger/stock-levels.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { ProductRecord, VariantRecord } from '../../shared/store/collections/products.ts';
import type { Session } from '../../shared/store/store.ts';
import { toAuditRecord } from '../audit/record-audit.ts';
import { validate } from '../http/validate.ts';
import { awaitSaleTimes } from './await-sale-times.ts';
import { changeProduct, type ProductChanger, type ProductTarget } from './change-product.ts';
import { pickTagsAndMedia, refuseTakenSku, toVariantRecord } from './create-product.ts';
import { type ExceededLimits, findExceededLimits } from './exceeded-limits.ts';
import { type StockedProduct, withStock } from './product-store.ts';
import type { ProductChanges } from './schemas.ts';

/** A product after an edit that was applied. */
interface EditedProduct extends StockedProduct {
  /**
   * If the edit sets a purchase limit: the limits of the product that are below what some buyers
   * have bought. They apply from now on.
   */
  readonly exceeded?: ExceededLimits;
}

/**
 * Changes the given fields of a product in one transaction. Existing variants keep their ids and
 * stock, new variants get an empty stock level, and variants with stock cannot be removed.
 * @throws RefusedError not_found, precondition_failed, invalid_request, unknown_variant,
 * variant_has_stock, duplicate_sku, or what `checkVariants` or `checkLimits` throws; then nothing
 * is changed
 */
export async function editProduct(
  request: ProductChanger,
  target: ProductTarget,
  changes: ProductChanges,
): Promise<EditedProduct> {
  const { store } = request.context;
  if (changes.variants !== undefined) checkVariants(changes.variants);
  let decided: ProductRecord | undefined;
  const decide = async (product: ProductRecord, session: Session) => {
    decided = {
      ...changeTimes(changeTexts(changeLimit(product, changes), changes), changes),
      attributes: changeAttributes(product, changes),
      variants: await changeVariants(request, session, product, changes),
    };
    checkLimits(decided, product);
    return decided;
  };
  const changing = changeProduct(request, target, decide, () => {
    const detail = { fields: Object.keys(changes) };
    return toAuditRecord(request, 'product.changed', { target: target.productId, detail });
  });
  const changed = await changing.catch((error: unknown) => {
    if (decided === undefined) throw error;
    return refuseTakenSku(store, decided, error);
  });
  const { product } = changed;
  if (changes.saleFrom !== undefined || changes.saleUntil !== undefined) {
    await awaitSaleTimes(request.context, changed);
  }
  const setsLimits =
    changes.purchaseLimit != null || changes.variants?.some((variant) => variant.purchaseLimit);
  const exceeded = setsLimits && (await findExceededLimits(request.context, product));
  return { ...(await withStock(store, product)), ...(exceeded && { exceeded }) };
}

function changeTexts(product: ProductRecord, changes: ProductChanges): ProductRecord {
  const { description: before, tags, media, metadata, ...rest } = product;
  const { title = product.title, description = before ?? null } = changes;
  return {
    ...rest,
    title,
    ...(description && { description }),
    ...pickTagsAndMedia({ tags: changes.tags ?? tags, media: changes.media ?? media }),
    ...mergeMetadata(metadata, changes.metadata),
  };
}

function changeLimit(product: ProductRecord, { purchaseLimit }: ProductChanges): ProductRecord {
  if (purchaseLimit === undefined) return product;
  const { purchaseLimit: _, ...rest } = product;
  return { ...rest, ...(purchaseLimit !== null && { purchaseLimit }) };
}

/** @throws RefusedError sale_ends_before_start */
function changeTimes(product: ProductRecord, changes: ProductChanges): ProductRecord {
  const { publishAt, saleFrom, saleUntil, ...rest } = product;
  const times = {
    publishAt: changeValue(publishAt, changes.publishAt),
    saleFrom: changeValue(saleFrom, changes.saleFrom),
    saleUntil: changeValue(saleUntil, changes.saleUntil),
  };
  checkSaleTimes(times);
  return { ...rest, ...pick(times, 'publishAt', 'saleFrom', 'saleUntil') };
}

/** Validates the attributes with the schema of the type in the record; the request has no type. */
function changeAttributes(
  { type: name, attributes: before }: ProductRecord,
  { attributes }: ProductChanges,
): ProductRecord['attributes'] {
  if (attributes === undefined) return before;
  const type = PRODUCT_TYPES.find((known) => known.name === name);
  if (type === undefined) {
    const message = `The product type ${name} no longer exists: its attributes cannot change.`;
    throw refuseField('invalid_request', 'attributes', message);
  }
  return validate(z.object({ attributes: type.attributes }), { attributes }).attributes;
}

async function changeVariants(
  { context, principal }: ProductChanger,
  session: Session,
  product: ProductRecord,
  { variants }: ProductChanges,
): Promise<readonly VariantRecord[]> {
  if (variants === undefined) return product.variants;
  const { kept, removed } = matchVariants(product.variants, variants);
  const currentById = new Map(product.variants.map((variant) => [variant.id, variant]));
  const changed = variants.map(({ metadata, ...variant }, index) => {
    const id = kept[index] ?? newId('var');
    const path = `variants.${index}.metadata`;
    const merged = mergeMetadata(currentById.get(id)?.metadata, metadata, path);
    return { ...toVariantRecord(variant, id), ...merged };
  });
  checkMetadataSize(changed);
  const added = changed.filter((_, index) => kept[index] === undefined);
  await closeStock(context, session, { variantIds: removed, actor: principal.id });
  await openStock(context.store, session, [{ ...product, variants: added }]);
  return changed;
}

/**
 * Checks the size of the metadata of all variants together. Edits merge metadata, so that it can
 * exceed the size of one request.
 * @throws RefusedError invalid_request
 */
export function checkMetadataSize(variants: readonly VariantRecord[]): void {
  const sizes = variants.map(({ metadata }) => (metadata ? JSON.stringify(metadata).length : 0));
  if (sizes.reduce((sum, size) => sum + size, 0) <= BODY_BYTES_MAX) return;
  const message = `The metadata of all variants together may have at most ${BODY_BYTES_MAX} characters.`;
  throw refuseField('invalid_request', 'variants', message);
}
