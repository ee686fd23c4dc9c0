import { hasShutOut, type SaleTimes } from '../../shared/domain/sale-times.ts';
import type { BatchCache } from '../../shared/runtime/batch-cache.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import { OFFER_MS_MAX } from '../http/bounds.ts';

/** The dependencies of product changes that must apply to the next checkout. */
export interface SaleTimesContext {
  readonly clock: Clock;
  readonly priceCache: Pick<BatchCache<unknown>, 'forget'>;
}

/** A product before and after a change. */
interface ProductChange {
  readonly before: ProductRecord;
  readonly product: ProductRecord;
}

/**
 * Waits until a change of sale times applies in all processes, so that none of them still accepts a
 * buyer that the change excludes. Returns at once if it excludes no buyer within `OFFER_MS_MAX`.
 */
export async function awaitSaleTimes(
  { clock }: Pick<SaleTimesContext, 'clock'>,
  { before, product }: ProductChange,
): Promise<void> {
  const from = clock.now();
  const known = findKnownTimes(before, from);
  const until = new Date(from.getTime() + OFFER_MS_MAX);
  if (known !== undefined && hasShutOut(known, product, { from, until })) await pause(OFFER_MS_MAX);
}

/**
 * Returns the sale times that another process may have cached. After a very recent change they are
 * unknown, so it returns `{}`: no limits. Returns undefined for a draft, which no one could buy.
 */
function findKnownTimes(before: ProductRecord, now: Date): SaleTimes | undefined {
  const { revision = 0, updatedAt, status } = before;
  const isRecent = revision > 0 && updatedAt.getTime() + OFFER_MS_MAX > now.getTime();
  if (isRecent) return {};
  return status === 'published' ? before : undefined;
}
