import type { z } from 'zod';
import { discountStatus, remainingUses } from '../../shared/domain/discounts/discount-status.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import { toEtag } from '../http/etag.ts';
import type { discount } from './schemas.ts';

/** Presents a discount to its shop, with its status at a time. */
export function presentDiscount(record: DiscountRecord, now: Date): z.output<typeof discount> {
  const { usageLimit, usageLimitPerBuyer, minimumSubtotal, maximumDiscount } = record;
  const { currency, productIds, cancelledAt } = record;
  const remaining = remainingUses(record);
  return {
    id: record._id,
    shopId: record.shopId,
    code: record.code,
    kind: record.kind,
    value: record.value,
    startsAt: record.startsAt.toISOString(),
    endsAt: record.endsAt.toISOString(),
    ...(usageLimit !== undefined && { usageLimit }),
    ...(usageLimitPerBuyer !== undefined && { usageLimitPerBuyer }),
    ...(minimumSubtotal !== undefined && { minimumSubtotal }),
    ...(maximumDiscount !== undefined && { maximumDiscount }),
    ...(currency !== undefined && { currency }),
    appliesTo: productIds === undefined ? 'all' : { productIds: [...productIds] },
    combinable: record.isCombinable,
    status: discountStatus(record, now),
    uses: record.uses,
    ...(remaining !== undefined && { remaining }),
    createdAt: record.createdAt.toISOString(),
    updatedAt: record.updatedAt.toISOString(),
    ...(cancelledAt !== undefined && { cancelledAt: cancelledAt.toISOString() }),
  };
}

/** Headers of a response with one discount. The tag does not depend on its uses. */
export function discountHeaders({ revision }: Pick<DiscountRecord, 'revision'>) {
  return { etag: toEtag(revision) };
}

/** Descriptions of these headers for the OpenAPI document. */
export const DISCOUNT_HEADERS = {
  ETag: 'For `If-Match`. It changes with the discount, not with its uses.',
};
