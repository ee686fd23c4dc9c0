import type { z } from 'zod';
import { discountStatus, remainingUses } from '../../shared/domain/discounts/discount-status.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import { etagOf } from '../http/etag.ts';
import type { discount } from './schemas.ts';

/** A discount as its shop sees it at a moment. */
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

/** Headers of an answer that shows one discount. Its uses are no part of what the tag is of. */
export function discountHeaders({ revision }: Pick<DiscountRecord, 'revision'>) {
  return { etag: etagOf(revision) };
}

/** How the OpenAPI document tells of them. */
export const DISCOUNT_HEADERS = {
  ETag: 'For `If-Match`. It changes with the discount, not with its uses.',
};
