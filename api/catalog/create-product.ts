import { writeAudit } from '../../shared/audit/write-audit.ts';
import { refuseField } from '../../shared/domain/errors.ts';
import { makeListing } from '../../shared/domain/listing.ts';
import { mergeMetadata } from '../../shared/domain/metadata.ts';
import { pick } from '../../shared/domain/pick.ts';
import { checkSaleTimes, findNextTime } from '../../shared/domain/sale-times.ts';
import { checkLimits, checkVariants } from '../../shared/domain/variants.ts';
import { openStock } from '../../shared/ledger/stock-levels.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { AuditRecord } from '../../shared/store/collections/audit.ts';
import type { ProductRecord, VariantRecord } from '../../shared/store/collections/products.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import type { Store } from '../../shared/store/store.ts';
import { inTransaction } from '../../shared/store/transaction.ts';
import { type AuditedCaller, toAuditRecord } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { CatalogContext } from './context.ts';
import type { ProductRequest } from './schemas.ts';

/**
 * Creates a draft in the caller's shop.
 * @throws RefusedError as `storeDraft`
 */
export async function createProduct(
  caller: AuditedCaller<CatalogContext>,
  request: ProductRequest,
): Promise<ProductRecord> {
  return storeDraft(caller.context, caller.principal.shopId, request, {
    toEntry: ({ _id: target }) => toAuditRecord(caller, 'product.created', { target }),
  });
}

interface DraftOptions {
  readonly ids?: ProductIds | undefined;
  /** Returns the audit entry that is written with the draft; by default there is none. */
  readonly toEntry?: (product: ProductRecord) => AuditRecord;
}

/**
 * Stores a draft with its variants, each with an empty stock level, in one transaction.
 * @throws RefusedError duplicate_sku, sale_ends_before_start, or what `checkVariants` or
 *   `checkLimits` throws; then nothing is stored
 */
export async function storeDraft(
  { store, clock }: Pick<CatalogContext, 'store' | 'clock'>,
  shopId: string,
  request: ProductRequest,
  { ids, toEntry }: DraftOptions = {},
): Promise<ProductRecord> {
  checkVariants(request.variants);
  checkLimits(request);
  checkSaleTimes(request);
  const product = toProductRecord(shopId, request, clock.now(), ids);
  const storing = inTransaction(store, async (session) => {
    // A retry after a commit whose response was lost finds the product.
    const existing = await store.products.findOne({ _id: product._id }, { session });
    if (existing !== null) return;
    await store.products.insertOne(product, { session });
    await openStock(store, session, [product]);
    if (toEntry !== undefined) await writeAudit(store, [toEntry(product)], session);
  });
  await withDeadline('storing a product', WRITE_TIMEOUT_MS, storing).catch((error: unknown) =>
    refuseTakenSku(store, product, error),
  );
  return product;
}

/** Ids for a product and its variants, in the order of the request. */
export interface ProductIds {
  readonly product: string;
  readonly variants: readonly string[];
}

/** Creates the record of a draft, with new ids by default. Checks nothing. */
export function toProductRecord(
  shopId: string,
  request: ProductRequest,
  now: Date,
  ids?: ProductIds,
): ProductRecord {
  const { title, description, type, attributes, purchaseLimit } = request;
  const listedFields = {
    title,
    attributes: attributes ?? {},
    variants: request.variants.map((variant, index) =>
      toVariantRecord(variant, ids?.variants[index]),
    ),
    // An empty description counts as absent, because a CSV file cannot distinguish the two.
    ...(description !== undefined && description !== '' && { description }),
    ...pickTagsAndMedia(request),
  };
  const times = pick(request, 'publishAt', 'saleFrom', 'saleUntil');
  const nextTimeAt = findNextTime({ ...times, status: 'draft' }, undefined, now);
  return {
    _id: ids?.product ?? newId('prd'),
    shopId,
    ...listedFields,
    ...(purchaseLimit !== undefined && { purchaseLimit }),
    ...mergeMetadata(undefined, request.metadata),
    type,
    status: 'draft',
    ...times,
    ...(nextTimeAt && { nextTimeAt }),
    createdAt: now,
    updatedAt: now,
    revision: 1,
    listed: makeListing(listedFields),
  };
}

interface TagsAndMedia {
  readonly tags?: readonly string[] | undefined;
  readonly media?:
    | readonly { readonly url: string; readonly alt?: string | undefined }[]
    | undefined;
}

/** Returns the tags and the media of a product, each only if there are any. */
export function pickTagsAndMedia({ tags = [], media = [] }: TagsAndMedia) {
  return {
    ...(tags.length > 0 && { tags }),
    ...(media.length > 0 && { media: media.map((item) => pick(item, 'url', 'alt')) }),
  };
}

type VariantRequest = Omit<ProductRequest['variants'][number], 'id'>;

/** Creates the record of a variant, with a new id by default. */
export function toVariantRecord(variant: VariantRequest, id = newId('var')): VariantRecord {
  const { options, quantityRule, purchaseLimit } = variant;
  return {
    id,
    ...pick(variant, 'sku', 'title', 'price', 'compareAtPrice', 'currency'),
    ...(isNotEmpty(options) && { options }),
    ...(isNotEmpty(quantityRule) && { quantityRule }),
    ...(purchaseLimit !== undefined && { purchaseLimit }),
    ...mergeMetadata(undefined, variant.metadata),
  };
}

function isNotEmpty<T extends object>(value: T | undefined): value is T {
  return value !== undefined && Object.keys(value).length > 0;
}

/**
 * Throws RefusedError duplicate_sku if a write failed because another product of the shop has one
 * of the SKUs. Otherwise throws the error of the write.
 */
export async function refuseTakenSku(
  store: Store,
  { _id, shopId, variants }: Pick<ProductRecord, '_id' | 'shopId' | 'variants'>,
  error: unknown,
): Promise<never> {
  if (!isDuplicateKey(error, 'live_one_sku_per_shop')) throw error;
  const skus = variants.map((variant) => variant.sku);
  const taken = await store.products.distinct('variants.sku', {
    _id: { $ne: _id },
    shopId,
    status: { $ne: 'deleted' },
    'variants.sku': { $in: skus },
  });
  const index = skus.findIndex((sku) => taken.includes(sku));
  const path = index < 0 ? 'variants' : `variants.${index}.sku`;
  throw refuseField('duplicate_sku', path, 'The shop already has a variant with this SKU.');
}
