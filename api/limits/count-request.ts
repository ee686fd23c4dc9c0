import { hash } from 'node:crypto';
import { RefusedError } from '../../shared/domain/errors.ts';
import { toNetwork } from '../../shared/runtime/ip-address.ts';
import type { Principal } from '../http/principal.ts';
import type { QuotaState, Quotas } from './quota.ts';

const WINDOW_S = 60;
/** The least requests a minute of a buyer, unless that is more than half of its key's. */
const BUYER_REQUESTS_MIN = 10;
/** A buyer may use a tenth of its share in each process before Redis counts with it. */
const LOCAL_PARTS = 10;
const LOCAL_REQUESTS_MAX = 10;

/** One quota that a request counts against. */
interface Count {
  readonly policy: 'address' | 'shop' | 'key' | 'buyer' | 'buyers';
  readonly holder: string;
  readonly quota: number;
  readonly localRequests?: number;
}

/** What counting needs. */
export interface QuotaContext {
  readonly quotas: Quotas;
  readonly config: {
    /** Requests a minute of one key, unless it has a quota of its own, and of one address. */
    readonly quotas: { readonly key: number; readonly address: number };
    /** The shares of one buyer and of all buyers in the quota of their key, in percent. */
    readonly buyers: { readonly sharePercent: number; readonly allSharePercent: number };
  };
}
type Headers = Record<string, string>;

/**
 * Counts a request against the quota of its address.
 * @throws RefusedError too_many_requests when the quota is used up
 */
export function countAddress(
  limits: QuotaContext,
  headers: Headers,
  address: string,
): Promise<void> {
  const { address: quota } = limits.config.quotas;
  return countAll(limits, headers, [{ policy: 'address', holder: toNetwork(address), quota }]);
}

/**
 * Counts a request against the quota of its caller: that of the key, or that of all sessions of a
 * shop. A buyer has a share of its key's quota, and all buyers of a key together have another one,
 * so that neither can use up what the storefront itself needs.
 * @throws RefusedError too_many_requests when the quota or the share is used up
 */
export async function countCaller(
  limits: QuotaContext,
  headers: Headers,
  principal: Principal,
): Promise<void> {
  const counts = toCounts(limits.config, principal);
  if (counts.length > 0) await countAll(limits, headers, counts);
}

function toCounts({ quotas, buyers }: QuotaContext['config'], principal: Principal): Count[] {
  const { kind, id, shopId, buyerId = '', quotaPerMinute: quota = quotas.key } = principal;
  if (kind === 'shop') return [{ policy: 'shop', holder: shopId, quota }];
  const keyCount: Count = { policy: 'key', holder: id, quota };
  if (kind === 'key') return [keyCount];
  if (kind !== 'buyer') return [];
  const share = buyerShare(quota, buyers.sharePercent);
  return [
    {
      policy: 'buyer',
      // Hashed, so that Redis contains no names of buyers.
      holder: `${id}:${hash('sha256', buyerId)}`,
      quota: share,
      localRequests: Math.min(LOCAL_REQUESTS_MAX, Math.floor(share / LOCAL_PARTS)),
    },
    { policy: 'buyers', holder: id, quota: percentage(quota, buyers.allSharePercent) },
    keyCount,
  ];
}

/** Returns how many of a key's `quota` requests a minute one buyer may make. */
export function buyerShare(quota: number, percent: number): number {
  const least = Math.min(BUYER_REQUESTS_MIN, Math.ceil(quota / 2));
  return Math.max(least, percentage(quota, percent));
}

function percentage(quota: number, percent: number): number {
  return Math.max(1, Math.floor((quota * percent) / 100));
}

/**
 * Counts one request against each quota, or against none if one is used up. The headers are those of
 * the first quota, or of the one that is used up.
 */
async function countAll(
  { quotas }: QuotaContext,
  headers: Headers,
  counts: readonly Count[],
): Promise<void> {
  const counted: string[] = [];
  for (const { policy, holder, quota, localRequests } of counts) {
    const name = `${policy}:${holder}`;
    const state = await quotas.take(name, quota, localRequests);
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

/** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), and `Retry-After`. */
function rateLimitHeaders(policy: string, state: QuotaState): Record<string, string> {
  const headers: Record<string, string> = {
    'ratelimit-policy': `"${policy}";q=${state.quota};w=${WINDOW_S}`,
    ratelimit: `"${policy}";r=${state.remaining};t=${state.resetS}`,
  };
  if (!state.isWithin) headers['retry-after'] = String(Math.max(1, state.resetS));
  return headers;
}
