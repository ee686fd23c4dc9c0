import { hash } from 'node:crypto';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { RedisClient } from '../../shared/queue/connections.ts';
import { toNetwork } from '../../shared/runtime/ip-address.ts';
import { createLruCache } from '../../shared/runtime/lru-cache.ts';
import type { Principal } from '../http/principal.ts';

const WINDOW_S = 60;
const WINDOW_MS = WINDOW_S * 1_000;
/**
 * A lease is the quota divided by this, but at most `LEASE_REQUESTS_MAX` requests. Larger leases
 * would need fewer calls to Redis, but keep more of the quota from other processes.
 */
const LEASES_PER_QUOTA = 100;
const LEASE_REQUESTS_MAX = 5_000;
const HOLDERS_MAX = 50_000;
/**
 * The maximum number of limiters, one for each size of quota. There may be many sizes, because
 * shops choose the quotas of their keys.
 */
const LIMITERS_MAX = 1_000;
/**
 * A buyer gets at least this many requests a minute, or half of its key's quota if that is less.
 */
const BUYER_REQUESTS_MIN = 10;
/**
 * Each process admits a tenth of a buyer's share, but at most `LOCAL_REQUESTS_MAX` requests, before
 * it counts in Redis.
 */
const LOCAL_PARTS = 10;
const LOCAL_REQUESTS_MAX = 10;

/** One quota that a request counts against. */
interface Count {
  readonly policy: 'address' | 'shop' | 'key' | 'buyer' | 'buyers';
  readonly holder: string;
  readonly quota: number;
  /** Requests that each process admits before it calls Redis; 0 by default. */
  readonly localRequests?: number;
}

/** The dependencies of counting. */
export interface QuotaContext {
  readonly quotas: Quotas;
  readonly config: {
    /**
     * Requests a minute: `key` of one key without a quota of its own, or of all sessions of one
     * shop; `address` of one address.
     */
    readonly quotas: { readonly key: number; readonly address: number };
    /** The shares of one buyer and of all buyers in the quota of their key, in percent. */
    readonly buyers: { readonly sharePercent: number; readonly allSharePercent: number };
  };
}

/**
 * Counts a request against the quota of its address.
 * @throws RefusedError too_many_requests when the quota is used up
 */
export function countAddress(
  limits: QuotaContext,
  headers: Record<string, string>,
  address: string,
): Promise<void> {
  const { address: quota } = limits.config.quotas;
  return countAll(limits, headers, [{ policy: 'address', holder: toNetwork(address), quota }]);
}

/**
 * Counts a request against the quota of its caller: the quota of the key, or of all sessions of a
 * shop. A buyer has a share of its key's quota, and all buyers of a key together have another
 * share, so that buyers cannot use up the requests that the storefront itself needs. Operators and
 * anonymous callers have no such quota.
 * @throws RefusedError too_many_requests when the quota or the share is used up
 */
export function countCaller(
  limits: QuotaContext,
  headers: Record<string, string>,
  principal: Principal,
): Promise<void> {
  return countAll(limits, headers, toCounts(limits.config, principal));
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
      // Hashed, so that Redis contains no ids of buyers.
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
 * Counts one request against each quota, or against none if one is used up. The headers describe
 * the first quota, or the quota that is used up.
 */
async function countAll(
  { quotas }: QuotaContext,
  headers: Record<string, string>,
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
  return {
    'ratelimit-policy': `"${policy}";q=${state.quota};w=${WINDOW_S}`,
    ratelimit: `"${policy}";r=${state.remaining};t=${state.resetS}`,
    ...(!state.isWithin && { 'retry-after': String(Math.max(1, state.resetS)) }),
  };
}

/** The state of a quota after a request. */
export interface QuotaState {
  readonly isWithin: boolean;
  readonly quota: number;
  /** How many requests are left, by what this process knows from its last lease. */
  readonly remaining: number;
  /** The seconds until the quota is full again. */
  readonly resetS: number;
}

interface Holding {
  /** Leased requests that this process has not used yet. */
  left: number;
  /** Requests left in Redis at the last lease. */
  shared: number;
  /** Requests admitted without a lease, which the next lease pays for. */
  owed: number;
  resetAt: number;
  /** Until this time requests are refused without a call to Redis. */
  refusedUntil: number;
  lease: Promise<void> | undefined;
}

/**
 * Quotas per minute that hold across processes. The counters are in Redis. A process leases
 * requests in advance, so most requests need no call to Redis. Other processes cannot use its
 * leased requests until the minute is over: each process leaves at most a hundredth of the quota
 * unused. The quota is exceeded only by `localRequests`, and without Redis, when each process
 * counts alone.
 */
export class Quotas {
  readonly #redis: RedisClient;
  readonly #prefix: string;
  readonly #limiters = createLruCache<RateLimiterAbstract>({ max: LIMITERS_MAX });
  readonly #holdings = createLruCache<Holding>({ max: HOLDERS_MAX });

  constructor(redis: RedisClient, keyPrefix: string) {
    this.#redis = redis;
    this.#prefix = `${keyPrefix}:quota`;
  }

  /**
   * Counts one request of `holder` against `quota` requests a minute.
   * @param localRequests how many requests a minute this process admits before it calls Redis. Use it
   * for many holders with few requests each, which then need no call. The first lease pays for
   * these requests, so a holder that uses several processes may exceed its quota by this number in
   * each process but one.
   */
  async take(holder: string, quota: number, localRequests = 0): Promise<QuotaState> {
    const holding = this.#getHolding(holder);
    const now = performance.now();
    if (now >= holding.resetAt) {
      holding.left = localRequests;
      holding.owed = localRequests;
      if (localRequests > 0) {
        Object.assign(holding, { shared: quota - localRequests, resetAt: now + WINDOW_MS });
      }
    }
    while (holding.left === 0 && performance.now() >= holding.refusedUntil) {
      holding.lease ??= this.#lease(holder, quota, holding).finally(() => {
        holding.lease = undefined;
      });
      await holding.lease;
    }
    const isWithin = holding.left > 0;
    if (isWithin) holding.left -= 1;
    const resetS = Math.max(0, Math.ceil((holding.resetAt - performance.now()) / 1_000));
    return { isWithin, quota, remaining: holding.left + holding.shared, resetS };
  }

  /** Gives back an admitted request of `holder`, which another quota has refused. */
  giveBack(holder: string): void {
    const holding = this.#holdings.get(holder);
    if (holding !== undefined && performance.now() < holding.resetAt) holding.left += 1;
  }

  async #lease(holder: string, quota: number, holding: Holding): Promise<void> {
    const size = Math.max(1, Math.min(LEASE_REQUESTS_MAX, Math.floor(quota / LEASES_PER_QUOTA)));
    const { owed } = holding;
    const { points, remaining, msBeforeNext } = await consume(
      this.#getLimiter(quota),
      holder,
      quota,
      owed + size,
    );
    const left = Math.max(0, points - owed);
    const resetAt = performance.now() + Math.max(1, msBeforeNext);
    // A new minute may have begun in the meantime, with requests that no lease has paid for yet.
    const unpaid = Math.max(0, holding.owed - owed);
    Object.assign(holding, { left, owed: unpaid, shared: remaining, resetAt });
    if (left === 0) holding.refusedUntil = resetAt;
  }

  #getLimiter(quota: number): RateLimiterAbstract {
    const name = String(quota);
    const existing = this.#limiters.get(name);
    if (existing !== undefined) return existing;
    const options = { points: quota, duration: WINDOW_S, keyPrefix: this.#prefix };
    const limiter = new RateLimiterRedis({
      ...options,
      storeClient: this.#redis,
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory(options),
    });
    this.#limiters.set(name, limiter);
    return limiter;
  }

  #getHolding(holder: string): Holding {
    const existing = this.#holdings.get(holder);
    if (existing !== undefined) return existing;
    const holding = { left: 0, shared: 0, owed: 0, resetAt: 0, refusedUntil: 0, lease: undefined };
    this.#holdings.set(holder, holding);
    return holding;
  }
}

/**
 * Takes up to `points` requests of a quota; `points` of the result is how many it could take.
 */
async function consume(
  limiter: RateLimiterAbstract,
  holder: string,
  quota: number,
  points: number,
): Promise<{ points: number; remaining: number; msBeforeNext: number }> {
  try {
    const { remainingPoints, msBeforeNext } = await limiter.consume(holder, points);
    return { points, remaining: Math.max(0, remainingPoints), msBeforeNext };
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    // The limiter has counted all `points`, including those above the quota.
    const { consumedPoints, msBeforeNext } = refusal;
    const left = Math.max(0, points - (consumedPoints - quota));
    return { points: left, remaining: 0, msBeforeNext };
  }
}
