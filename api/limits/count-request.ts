import { hash } from 'node:crypto';
import { RefusedError } from '../../shared/domain/errors.ts';
import { networkOf } from '../../shared/runtime/ip-address.ts';
import type { ApiContext } from '../context.ts';
import type { Principal } from '../http/principal.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';

/** A buyer has at least so many requests a minute, if that is no more than half of its key's. */
const BUYER_REQUESTS_MIN = 10;
/** Of its share, a buyer may use a tenth in each process before Redis counts with it. */
const OWN_PARTS = 10;
const OWN_REQUESTS_MAX = 10;

/** One quota that a request counts against. */
interface Count {
  readonly policy: 'address' | 'shop' | 'key' | 'buyer' | 'buyers';
  readonly holder: string;
  readonly quota: number;
  readonly ownRequests?: number;
}

type Limits = Pick<ApiContext, 'quotas' | 'config'>;
type Headers = Record<string, string>;

/**
 * Counts a request against the quota of its address.
 * @throws RefusedError too_many_requests when the quota is used up
 */
export function countAddress(limits: Limits, headers: Headers, address: string): Promise<void> {
  const { address: quota } = limits.config.quotas;
  return countAll(limits, headers, [{ policy: 'address', holder: networkOf(address), quota }]);
}

/**
 * Counts a request against the quota of its caller: a key's own, or the one that all sessions of a
 * shop share. A buyer has a share of its key's quota, and all buyers of a key have one together, so
 * that neither one of them nor all can use up what the storefront itself needs.
 * @throws RefusedError too_many_requests when the quota or the share is used up
 */
export async function countCaller(
  limits: Limits,
  headers: Headers,
  principal: Principal,
): Promise<void> {
  const counts = countsOf(limits.config, principal);
  if (counts.length > 0) await countAll(limits, headers, counts);
}

function countsOf({ quotas, buyers }: ApiContext['config'], principal: Principal): Count[] {
  const { kind, id, shopId, buyerId = '', quotaPerMinute: quota = quotas.key } = principal;
  if (kind === 'shop') return [{ policy: 'shop', holder: shopId, quota }];
  const ofKey: Count = { policy: 'key', holder: id, quota };
  if (kind === 'key') return [ofKey];
  if (kind !== 'buyer') return [];
  const share = buyerShare(quota, buyers.sharePercent);
  return [
    {
      policy: 'buyer',
      // Redis learns no buyer's name.
      holder: `${id}:${hash('sha256', buyerId)}`,
      quota: share,
      ownRequests: Math.min(OWN_REQUESTS_MAX, Math.floor(share / OWN_PARTS)),
    },
    { policy: 'buyers', holder: id, quota: partOf(quota, buyers.allSharePercent) },
    ofKey,
  ];
}

/** How many of a key's `quota` requests a minute one buyer may make. */
export function buyerShare(quota: number, percent: number): number {
  const least = Math.min(BUYER_REQUESTS_MIN, Math.ceil(quota / 2));
  return Math.max(least, partOf(quota, percent));
}

function partOf(quota: number, percent: number): number {
  return Math.max(1, Math.floor((quota * percent) / 100));
}

/** Counts one request against each quota, or against none of them; tells of the first. */
async function countAll(
  { quotas }: Limits,
  headers: Headers,
  counts: readonly Count[],
): Promise<void> {
  const counted: string[] = [];
  for (const { policy, holder, quota, ownRequests } of counts) {
    const name = `${policy}:${holder}`;
    const state = await quotas.take(name, quota, ownRequests);
    if (counted.length === 0 || !state.isWithin) {
      Object.assign(headers, rateLimitHeaders(policy, state));
    }
    if (!state.isWithin) {
      for (const earlier of counted) quotas.giveBack(earlier);
      throw new RefusedError('too_many_requests', `More than ${quota} requests a minute.`);
    }
    counted.push(name);
  }
}
