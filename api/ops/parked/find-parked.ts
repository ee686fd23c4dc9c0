import { lowestIdAt, readIdTime } from '../../../shared/runtime/ids.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';

/** How many parked checkouts a search returns at most. */
export const PARKED_MAX = 100;
/** How many checkouts a search examines at most. */
const SEARCHED_MAX = 200_000;

/** Selects parked checkouts. */
export interface ParkedFilter {
  /** Received at this time or later. */
  readonly from: Date;
  /** Received before this time. */
  readonly to: Date;
  /** A part of the reason why the checkouts were parked. */
  readonly reason?: string | undefined;
  /** Only checkouts with these ids; without a restriction by default. */
  readonly ids?: readonly string[] | undefined;
}

type ParkedCheckout = Pick<CheckoutRecord, '_id' | 'receivedAt' | 'failure' | 'replays'>;

/** The newest parked checkouts that match, and how far back the search went. */
export interface FoundParked {
  readonly items: readonly ParkedCheckout[];
  /** Checkouts that were received before this time have not been searched. */
  readonly searchedFrom: Date;
}

/**
 * Finds parked checkouts, newest first. They have no index of their own, because each index of
 * `checkouts` makes settling every checkout slower. The search scans a bounded range of ids
 * instead.
 */
export async function findParked(
  { checkouts }: Store,
  { from, to, reason, ids }: ParkedFilter,
): Promise<FoundParked> {
  const bounds = { $gte: lowestIdAt('chk', from), $lt: lowestIdAt('chk', to) };
  const newestFirst = { _id: -1 } as const;
  const limits = { hint: { _id: 1 }, maxTimeMS: READ_TIMEOUT_MS };
  const [tooOld] = await checkouts
    .find<Pick<CheckoutRecord, '_id'>>(
      { _id: bounds },
      { ...limits, projection: { _id: 1 }, sort: newestFirst, skip: SEARCHED_MAX, limit: 1 },
    )
    .toArray();
  const range = tooOld === undefined ? bounds : { $gt: tooOld._id, $lt: bounds.$lt };
  const hasReason = { $expr: { $gte: [{ $indexOfCP: ['$failure', reason ?? ''] }, 0] } };
  const items = await checkouts
    .find<ParkedCheckout>(
      {
        _id: { ...range, ...(ids !== undefined && { $in: [...ids] }) },
        status: 'failed',
        ...(reason !== undefined && hasReason),
      },
      {
        ...limits,
        projection: { receivedAt: 1, failure: 1, replays: 1 },
        sort: newestFirst,
        limit: PARKED_MAX,
      },
    )
    .toArray();
  const last = items.length === PARKED_MAX ? items.at(-1)?._id : tooOld?._id;
  return { items, searchedFrom: last === undefined ? from : new Date(readIdTime(last)) };
}
