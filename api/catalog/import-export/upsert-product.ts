import { hash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { ON_HAND_MAX, VARIANTS_PER_PRODUCT_MAX } from '../../../shared/contract/limits.ts';
import { refuseField } from '../../../shared/domain/errors.ts';
import { mergeMetadata } from '../../../shared/domain/metadata.ts';
import { pick } from '../../../shared/domain/pick.ts';
import { checkLimits, checkVariants } from '../../../shared/domain/variants.ts';
import { openStock } from '../../../shared/ledger/stock-levels.ts';
import type { ProductRecord, VariantRecord } from '../../../shared/store/collections/products.ts';
import { productsOwnedBy } from '../../access/visibility.ts';
import type { AuditedCaller } from '../../audit/record-audit.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import { validate } from '../../http/validate.ts';
import { changeProduct } from '../change-product.ts';
import type { CatalogContext } from '../context.ts';
import {
  pickTagsAndMedia,
  refuseTakenSku,
  storeDraft,
  toVariantRecord,
} from '../create-product.ts';
import { checkMetadataSize } from '../edit-product.ts';
import { type ProductRequest, productRequest } from '../schemas.ts';
import { type Counts, lowerStock, setStock } from './counted-stock.ts';
import type { Candidate } from './read/candidate.ts';

/** What an upsert did with a product of the file. */
export type Upserted = 'created' | 'updated' | 'unchanged';

type Caller = AuditedCaller<CatalogContext>;

interface UpsertOptions {
  readonly publish: boolean;
  /** The line of each SKU that a valid request has used so far, even if its product was refused. */
  readonly lineOfSku: Map<string, number>;
}

const stockFields = z.object({
  variants: z.array(z.looseObject({ onHand: z.int().min(0).max(ON_HAND_MAX).optional() })),
});

/**
 * Stores a product of the file, or changes the product of the shop that has these SKUs, and sets
 * the stock. A count is applied once: an order that is confirmed meanwhile still reduces the stock.
 * Stock is lowered before the product changes. Buyers reserve units at any moment; if the stock can
 * no longer be lowered, the whole product is refused. Stock is raised after the product has
 * changed, so that new units are never on sale at the old price.
 * @throws RefusedError invalid_request, duplicate_sku, stock_below_reserved, or another code of an
 *   edit. Then nothing is changed, with one exception: if another request changes the same product,
 *   its stock or its SKUs in the meantime, the steps before the refused step are not undone.
 */
export async function upsertProduct(
  caller: Caller,
  candidate: Candidate,
  { publish, lineOfSku }: UpsertOptions,
): Promise<Upserted> {
  const counted = readCandidate(candidate.value);
  const { request } = counted;
  claimSkus(request, candidate.line, lineOfSku);
  const existing = await findHolder(caller, request);
  if (existing === undefined) {
    const created = await createWithStock(caller, request, publish);
    await setStock(caller, created, counted);
    return 'created';
  }
  checkMerged(mergeProduct(existing, request).changed, existing, request);
  const lowered = await lowerStock(caller, existing, counted);
  // The id distinguishes this change from the changes of other lines when the transaction is
  // retried.
  const changer = { ...caller, requestId: hash('sha256', `${caller.requestId} ${candidate.line}`) };
  const target = { productId: existing._id, ifMatch: undefined };
  let decided: ProductRecord | undefined;
  const changing = changeProduct(changer, target, async (product, session) => {
    const { changed, added } = mergeProduct(product, request);
    decided = changed;
    checkMerged(changed, product, request);
    await openStock(caller.context.store, session, [{ ...changed, variants: added }]);
    return changed;
  });
  const { product, isChanged } = await changing.catch((error: unknown) => {
    if (decided === undefined) throw error;
    return refuseTakenSku(caller.context.store, decided, error);
  });
  const adjustedCount = await setStock(caller, product, counted, lowered.appliedSkus);
  return isChanged || lowered.count + adjustedCount > 0 ? 'updated' : 'unchanged';
}

/** Separates the stock from the request, and validates the request like any product request. */
function readCandidate(value: unknown): { request: ProductRequest; counts: Counts } {
  const { variants } = validate(stockFields, { variants: listVariants(value) });
  const withoutStock = variants.map(({ onHand: _, ...variant }) => variant);
  const request = validate(
    productRequest,
    variants.length > 0 ? { ...(value as object), variants: withoutStock } : value,
  );
  const counts = new Map<string, number>();
  request.variants.forEach(({ sku }, index) => {
    const onHand = variants[index]?.onHand;
    if (onHand !== undefined) counts.set(sku, onHand);
  });
  return { request, counts };
}

/**
 * Returns the variants of a product request. Returns an empty list if they are not a list of
 * objects; the schema of the request then reports that.
 */
function listVariants(value: unknown): readonly object[] {
  const { variants } = (value ?? {}) as { readonly variants?: unknown };
  const isObject = (variant: unknown) =>
    typeof variant === 'object' && variant !== null && !Array.isArray(variant);
  return Array.isArray(variants) && variants.every(isObject) ? variants : [];
}

function claimSkus(
  { variants }: ProductRequest,
  line: number,
  lineOfSku: Map<string, number>,
): void {
  variants.forEach(({ sku }, index) => {
    const before = lineOfSku.get(sku);
    lineOfSku.set(sku, before ?? line);
    if (before === undefined) return;
    const message = `The product on line ${before} has this SKU too.`;
    throw refuseField('duplicate_sku', `variants.${index}.sku`, message);
  });
}

/**
 * Finds the shop's product that has at least one SKU of the request.
 * @throws RefusedError duplicate_sku if several products of the shop have SKUs of the request
 */
async function findHolder(
  { context, principal }: Caller,
  { variants }: ProductRequest,
): Promise<ProductRecord | undefined> {
  const products = await context.store.products
    .find<ProductRecord>(
      { ...productsOwnedBy(principal), 'variants.sku': { $in: variants.map(({ sku }) => sku) } },
      { projection: { listed: 0 }, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  const [first, other] = products;
  if (other === undefined) return first;
  const index = variants.findIndex(({ sku }) =>
    other.variants.some((variant) => variant.sku === sku),
  );
  const message =
    'In the shop, this SKU and other SKUs of the product belong to different products.';
  throw refuseField('duplicate_sku', `variants.${index}.sku`, message);
}

async function createWithStock(
  caller: Caller,
  request: ProductRequest,
  publish: boolean,
): Promise<ProductRecord> {
  const { context, principal } = caller;
  const created = await storeDraft(context, principal.shopId, request);
  if (!publish) return created;
  const target = { productId: created._id, ifMatch: undefined };
  const requestId = hash('sha256', `${caller.requestId} ${created._id}`);
  const toPublished = async (product: ProductRecord) =>
    ({ ...product, status: 'published' }) as const;
  return (await changeProduct({ ...caller, requestId }, target, toPublished)).product;
}

/**
 * Returns the product with the texts, tags, media and metadata of the request, with the prices,
 * titles and metadata of the request's variants, and with the variants that the product lacks. All
 * other fields of the product keep their values, even if the request contains other values.
 */
function mergeProduct(
  product: ProductRecord,
  request: ProductRequest,
): { readonly changed: ProductRecord; readonly added: readonly VariantRecord[] } {
  if (product.type !== request.type) {
    throw refuseField(
      'invalid_request',
      'type',
      `The product has the type ${product.type}, which cannot change.`,
    );
  }
  const bySku = new Map(request.variants.map((variant) => [variant.sku, variant]));
  const kept = product.variants.map((variant) => {
    const requested = bySku.get(variant.sku);
    bySku.delete(variant.sku);
    return requested === undefined ? variant : changeVariant(variant, requested, request);
  });
  const added = [...bySku.values()].map((variant) => toVariantRecord(variant));
  if (added.length > 0 && kept.length + added.length > VARIANTS_PER_PRODUCT_MAX) {
    const message = `A product has at most ${VARIANTS_PER_PRODUCT_MAX} variants, including those that it already has.`;
    throw refuseField('invalid_request', 'variants', message);
  }
  const { title, description } = request;
  const { tags, media, metadata, ...rest } = product;
  const changed = {
    ...rest,
    title,
    ...(description && { description }),
    ...pickTagsAndMedia({ tags: request.tags ?? tags, media: request.media ?? media }),
    ...mergeMetadata(metadata, request.metadata),
    variants: [...kept, ...added],
  };
  checkMetadataSize(changed.variants);
  return { changed, added };
}

function checkMerged(
  { variants, purchaseLimit }: ProductRecord,
  before: ProductRecord,
  request: ProductRequest,
): void {
  checkVariants(variants);
  // In the order of the request, because a refusal contains the index of the variant in the
  // request.
  const bySku = new Map(variants.map((variant) => [variant.sku, variant]));
  const requested = request.variants.flatMap(({ sku }) => bySku.get(sku) ?? []);
  checkLimits({ variants: requested, purchaseLimit }, before);
}

/** @throws RefusedError invalid_request if `compareAtPrice` is not higher than the price */
function changeVariant(
  { metadata, ...variant }: VariantRecord,
  requested: ProductRequest['variants'][number],
  { variants }: ProductRequest,
): VariantRecord {
  const changed = {
    ...variant,
    ...pick(requested, 'price', 'currency', 'title', 'compareAtPrice'),
    ...mergeMetadata(metadata, requested.metadata),
  };
  const { price, compareAtPrice } = changed;
  if (compareAtPrice === undefined || compareAtPrice > price) return changed;
  const message = `It must be below the compareAtPrice of the variant, ${compareAtPrice}.`;
  throw refuseField('invalid_request', `variants.${variants.indexOf(requested)}.price`, message);
}
