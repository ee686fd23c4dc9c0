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
import { pickGroups, refuseTakenSku, storeDraft, toVariantRecord } from '../create-product.ts';
import { checkMetadataSize } from '../edit-product.ts';
import { type ProductRequest, productRequest } from '../schemas.ts';
import { type Counts, lowerStock, setStock } from './counted-stock.ts';
import type { Candidate } from './read/candidate.ts';

/** The outcome of a product of the file. */
export type Upserted = 'created' | 'updated' | 'unchanged';

type Caller = AuditedCaller<CatalogContext>;

interface UpsertOptions {
  readonly publish: boolean;
  /** The line of each SKU that the file has had so far. */
  readonly lineOfSku: Map<string, number>;
}

const stockFields = z.object({
  variants: z
    .array(z.object({ onHand: z.int().min(0).max(ON_HAND_MAX).optional() }).loose())
    .optional()
    .catch(undefined),
});

/**
 * Stores a product of the file, or changes the shop's product that has its SKUs, and sets its
 * stock, once for each variant: orders that are confirmed meanwhile take units off the counted ones.
 * Stock is lowered before the product changes, because buyers reserve units at any moment.
 * If the stock cannot be lowered any more, the whole product is refused. Stock is raised after the
 * product has changed, so that new units are never on sale at the old price.
 * @throws RefusedError invalid_request, duplicate_sku, stock_below_reserved, or another of an edit.
 *   Nothing is then changed, unless another request changes the same product, its stock or its SKUs
 *   in the meantime: the steps that come before the refused one then stay done.
 */
export async function upsertProduct(
  caller: Caller,
  candidate: Candidate,
  { publish, lineOfSku }: UpsertOptions,
): Promise<Upserted> {
  const counted = readCandidate(candidate.value);
  const { request } = counted;
  claimSkus(request, candidate.line, lineOfSku);
  const present = await findHolder(caller, request);
  if (present === undefined) {
    const created = await createWithStock(caller, request, publish);
    await setStock(caller, created, counted);
    return 'created';
  }
  checkMerged(mergeProduct(present, request).changed, present, request);
  const lowered = await lowerStock(caller, present, counted);
  // The id of the change tells a retry's own change from that of another line.
  const changer = { ...caller, requestId: hash('sha256', `${caller.requestId} ${candidate.line}`) };
  const target = { productId: present._id, ifMatch: undefined };
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
  const set = await setStock(caller, product, counted, lowered.appliedSkus);
  return isChanged || lowered.count + set > 0 ? 'updated' : 'unchanged';
}

/** Separates the stock from the request, which is then validated like any other. */
function readCandidate(value: unknown): { request: ProductRequest; counts: Counts } {
  const { variants = [] } = validate(stockFields, value);
  const hasVariants = typeof value === 'object' && value !== null && 'variants' in value;
  const stripped = variants.map(({ onHand: _, ...variant }) => variant);
  const request = validate(
    productRequest,
    hasVariants && variants.length > 0 ? { ...value, variants: stripped } : value,
  );
  const counts = new Map<string, number>();
  request.variants.forEach(({ sku }, index) => {
    const onHand = variants[index]?.onHand;
    if (onHand !== undefined) counts.set(sku, onHand);
  });
  return { request, counts };
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

/** Finds the shop's product that has SKUs of the request. */
async function findHolder(
  { context, principal }: Caller,
  { variants }: ProductRequest,
): Promise<ProductRecord | undefined> {
  const found = await context.store.products
    .find<ProductRecord>(
      { ...productsOwnedBy(principal), 'variants.sku': { $in: variants.map(({ sku }) => sku) } },
      { projection: { listed: 0 }, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  const [first, other] = found;
  if (other === undefined) return first;
  const place = variants.findIndex(({ sku }) => other.variants.some((each) => each.sku === sku));
  const message = 'The shop has this SKU and others of the product in different products.';
  throw refuseField('duplicate_sku', `variants.${place}.sku`, message);
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
 * Changes texts, tags, media, metadata and prices; fields that the request does not name are kept.
 */
function mergeProduct(
  product: ProductRecord,
  request: ProductRequest,
): { readonly changed: ProductRecord; readonly added: readonly VariantRecord[] } {
  if (product.type !== request.type) {
    throw refuseField('invalid_request', 'type', `The product is of the type ${product.type}.`);
  }
  const bySku = new Map(request.variants.map((variant) => [variant.sku, variant]));
  const kept = product.variants.map((variant) => {
    const given = bySku.get(variant.sku);
    bySku.delete(variant.sku);
    return given === undefined ? variant : changeVariant(variant, given, request);
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
    ...pickGroups({ tags: request.tags ?? tags, media: request.media ?? media }),
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
  // In the order of the request, whose variants a refusal names.
  const bySku = new Map(variants.map((variant) => [variant.sku, variant]));
  const named = request.variants.flatMap(({ sku }) => bySku.get(sku) ?? []);
  checkLimits({ variants: named, purchaseLimit }, before);
}

/** @throws RefusedError invalid_request if the price reaches the one that it is compared with */
function changeVariant(
  { metadata, ...variant }: VariantRecord,
  given: ProductRequest['variants'][number],
  { variants }: ProductRequest,
): VariantRecord {
  const changed = {
    ...variant,
    ...pick(given, 'price', 'currency', 'title', 'compareAtPrice'),
    ...mergeMetadata(metadata, given.metadata),
  };
  const { price, compareAtPrice } = changed;
  if (compareAtPrice === undefined || compareAtPrice > price) return changed;
  const message = `It must be below the price that it is compared with, ${compareAtPrice}.`;
  throw refuseField('invalid_request', `variants.${variants.indexOf(given)}.price`, message);
}
