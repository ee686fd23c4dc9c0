import type { z } from 'zod';
import { discountStatus, remainingUses } from '../../shared/domain/discounts/discount-status.ts';
import { pick } from '../../shared/domain/pick.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import type { discount } from './schemas.ts';

/** Presents a discount to its shop, with its status at `now`. */
export function presentDiscount(record: DiscountRecord, now: Date): z.output<typeof discount> {
  const { productIds, cancelledAt } = record;
  return {
    id: record._id,
    ...pick(record, 'shopId', 'code', 'kind', 'value', 'currency', 'uses'),
    startsAt: record.startsAt.toISOString(),
    endsAt: record.endsAt.toISOString(),
    ...pick(record, 'usageLimit', 'usageLimitPerBuyer', 'minimumSubtotal', 'maximumDiscount'),
    appliesTo: productIds === undefined ? 'all' : { productIds: [...productIds] },
    combinable: record.isCombinable,
    ...pick(record, 'metadata'),
    status: discountStatus(record, now),
    remaining: remainingUses(record),
    createdAt: record.createdAt.toISOString(),
    updatedAt: record.updatedAt.toISOString(),
    cancelledAt: cancelledAt?.toISOString(),
  };
}
