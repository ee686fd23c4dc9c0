import type { z } from 'zod';
import { toHomeProduct } from '../../shared/contract/partitions.ts';
import { pick } from '../../shared/domain/pick.ts';
import type { Rejection } from '../../shared/domain/rejection.ts';
import { isOpenStatus } from '../../shared/domain/vocabulary.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { viewCheckout, viewDiscounts, viewRejection } from '../../shared/views/checkout-view.ts';
import { isMetadataVisibleTo } from '../access/visibility.ts';
import type { Principal } from '../http/principal.ts';
import type { QueuedEntry } from '../limits/queue-places.ts';
import { type Shortage, toLimitShortage } from '../orders/own-holds.ts';
import type { CheckoutsContext } from './context.ts';
import type { acceptedCheckout, checkout } from './schemas.ts';

/**
 * Presents an accepted checkout. Uses only data that never changes, so that repeats get the same
 * response. The response contains the outcome only if the checkout was stored with its outcome.
 */
export function presentAccepted(record: CheckoutRecord): z.output<typeof acceptedCheckout> {
  const { rejection } = record;
  const isRejectedEarly = rejection?.ageMs !== undefined;
  const status = record.drawId === undefined ? 'queued' : 'waiting';
  return {
    id: record._id,
    status: isRejectedEarly ? 'rejected' : status,
    buyerId: record.buyerId,
    ...pick(record, 'cartId', 'drawId'),
    currency: record.currency,
    total: record.total,
    ...viewDiscounts(record),
    ...pick(record, 'charges'),
    ...(isRejectedEarly && { rejection: viewRejection(rejection) }),
    acceptedAt: record.acceptedAt.toISOString(),
  };
}

type PresentContext = Pick<
  CheckoutsContext,
  'clock' | 'ownHolds' | 'queuePlaces' | 'waitingPlaces'
>;

/**
 * Presents a checkout to the caller that placed it. If a pending order of the same buyer holds the
 * units that the checkout lacked, or uses up the purchase limit, the rejection names that order.
 */
export async function presentCheckout(
  { clock, ownHolds, queuePlaces, waitingPlaces }: PresentContext,
  record: CheckoutRecord,
  viewer: Principal,
): Promise<z.output<typeof checkout>> {
  if (isOpenStatus(record.status)) {
    const place = await findPlace({ queuePlaces, waitingPlaces }, record);
    return presentOpen(record, viewer, place);
  }
  const shown = viewFor(record, viewer);
  const now = clock.now();
  const shortage = record.rejection && toShortage(record.rejection, now);
  if (shortage === undefined || shown.rejection === undefined) return shown;
  const holds = await ownHolds.find({ buyer: record, now, shortages: [shortage] });
  const [heldByYou] = holds.values();
  return { ...shown, rejection: { ...shown.rejection, ...(heldByYou && { heldByYou }) } };
}

/**
 * Returns the units that a rejected checkout lacked; undefined if it was rejected for a reason that
 * a pending order of the buyer cannot cause.
 */
function toShortage(rejection: Rejection, now: Date): Shortage | undefined {
  const { code, variantId = '', requested = 0, available = 0 } = rejection;
  switch (code) {
    case 'out_of_stock':
    case 'held_share_reached':
      return { variantId, requested, available };
    case 'purchase_limit_reached': {
      const { limit = 0, bought = 0, itemId = '', days } = rejection;
      return toLimitShortage({ variantId, requested, limit, bought, itemId, days }, now);
    }
    default:
      return undefined;
  }
}

/** Presents an open checkout with its place, if that is known. */
export function presentOpen(
  record: CheckoutRecord,
  viewer: Principal,
  place: ShownPlace | undefined,
): z.output<typeof checkout> {
  return { ...viewFor(record, viewer), ...(place && { queue: place }) };
}

function viewFor(record: CheckoutRecord, viewer: Principal) {
  const isOwn = isMetadataVisibleTo(viewer, { shopId: record.storefrontId });
  return { ...viewCheckout(record), ...(isOwn && pick(record, 'metadata')) };
}

/**
 * Returns the place of an open checkout; undefined if the place cannot be read, and for an entry in
 * a draw, whose place depends on the seed.
 */
export async function findPlace(
  { queuePlaces, waitingPlaces }: Pick<PresentContext, 'queuePlaces' | 'waitingPlaces'>,
  record: CheckoutRecord,
): Promise<ShownPlace | undefined> {
  if (record.status === 'queued') return queuePlaces.find(toQueuedEntry(record));
  if (record.drawId !== undefined) return undefined;
  const ahead = await waitingPlaces.countAhead(record);
  return ahead === undefined ? undefined : { ahead, estimatedMs: null };
}

/** Returns the fields that determine the place of a checkout in the queue. */
export function toQueuedEntry({
  acceptedAt,
  lines,
}: Pick<CheckoutRecord, 'acceptedAt' | 'lines'>): QueuedEntry {
  return { acceptedAt, productId: toHomeProduct(lines) };
}

const RETRY_AFTER_S_MAX = 60;
/** Used if the end cannot be estimated: no one knows when units come back. */
const WAITING_RETRY_AFTER_S = 5;

/** The place of a checkout, as the API returns it. */
export type ShownPlace = NonNullable<z.output<typeof checkout>['queue']>;

/** Returns the header with the time after which to read an open checkout again. */
export function retryAfter({ estimatedMs }: Pick<ShownPlace, 'estimatedMs'>): {
  readonly 'retry-after': string;
} {
  const estimatedS = estimatedMs === null ? WAITING_RETRY_AFTER_S : Math.ceil(estimatedMs / 1_000);
  const seconds = Math.min(RETRY_AFTER_S_MAX, Math.max(1, estimatedS));
  return { 'retry-after': String(seconds) };
}

/**
 * Returns the header that says when to read an open entry again: when its draw closes, but in at
 * most 60 s, and in 5 s if the draw has closed.
 */
export async function retryAfterDraw(
  { clock, drawCache }: Pick<CheckoutsContext, 'clock' | 'drawCache'>,
  drawId: string,
): Promise<{ readonly 'retry-after': string }> {
  const draw = (await drawCache.get([drawId])).get(drawId);
  const leftMs = (draw?.closesAt.getTime() ?? 0) - clock.now().getTime();
  return retryAfter({ estimatedMs: leftMs > 0 ? leftMs : null });
}
