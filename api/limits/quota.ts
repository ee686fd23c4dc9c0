import { LRUCache } from 'lru-cache';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import type { RedisClient } from '../../shared/queue/connections.ts';

const WINDOW_S = 60;
const WINDOW_MS = WINDOW_S * 1_000;
/** A process leases this part of a quota at a time: larger leases need fewer calls to Redis. */
const LEASES_PER_QUOTA = 100;
const LEASE_REQUESTS_MAX = 5_000;
const HOLDERS_MAX = 50_000;

/** The state of a quota after a request. */
export interface QuotaState {
  readonly isWithin: boolean;
  readonly quota: number;
  /** Requests left, as far as this process knows, and seconds until the quota is full again. */
  readonly remaining: number;
  readonly resetS: number;
}

interface Holding {
  /** Leased requests that this process has not used yet. */
  left: number;
  /** Requests left in Redis at the last lease. */
  shared: number;
  resetAt: number;
  refusedUntil: number;
  lease: Promise<void> | undefined;
}

/**
 * Quotas per minute that hold across processes. The counters are in Redis. A process leases requests
 * in advance, so that most requests cost no call. Other processes cannot use its leased requests
 * until the minute is over: the quota is never exceeded, and each process leaves at most a hundredth
 * of it unused. Without Redis each process counts alone.
 */
export class Quotas {
  readonly #redis: RedisClient;
  readonly #prefix: string;
  readonly #limiters = new Map<number, RateLimiterAbstract>();
  readonly #holdings = new LRUCache<string, Holding>({ max: HOLDERS_MAX });

  constructor(redis: RedisClient, keyPrefix: string) {
    this.#redis = redis;
    this.#prefix = `${keyPrefix}:quota`;
  }

  /**
   * Counts one request of `holder` against `quota` requests a minute.
   *
   * @param localRequests how many requests a minute this process admits before it asks Redis. Use it
   * for many holders with few requests each: they cost no call, and a holder may exceed its quota by
   * this number in each process.
   */
  async take(holder: string, quota: number, localRequests = 0): Promise<QuotaState> {
    const holding = this.#getHolding(holder);
    const now = Date.now();
    if (now >= holding.resetAt) {
      holding.left = localRequests;
      if (localRequests > 0) Object.assign(holding, { shared: quota, resetAt: now + WINDOW_MS });
    }
    while (holding.left === 0 && Date.now() >= holding.refusedUntil) {
      holding.lease ??= this.#lease(holder, quota, holding).finally(() => {
        holding.lease = undefined;
      });
      await holding.lease;
    }
    const isWithin = holding.left > 0;
    if (isWithin) holding.left -= 1;
    const resetS = Math.max(0, Math.ceil((holding.resetAt - Date.now()) / 1_000));
    return { isWithin, quota, remaining: holding.left + holding.shared, resetS };
  }

  /** Gives back a request that this quota admitted and another one refused. */
  giveBack(holder: string): void {
    const holding = this.#holdings.get(holder);
    if (holding !== undefined && Date.now() < holding.resetAt) holding.left += 1;
  }

  async #lease(holder: string, quota: number, holding: Holding): Promise<void> {
    const size = Math.max(1, Math.min(LEASE_REQUESTS_MAX, Math.floor(quota / LEASES_PER_QUOTA)));
    const limiter = this.#getLimiter(quota);
    const lease = (await consume(limiter, holder, size)) ?? (await consume(limiter, holder, 1));
    const now = Date.now();
    if (lease === undefined) {
      const state = await limiter.get(holder).catch(() => null);
      const waitMs = Math.max(1, state?.msBeforeNext ?? 1_000);
      Object.assign(holding, {
        left: 0,
        shared: 0,
        resetAt: now + waitMs,
        refusedUntil: now + waitMs,
      });
      return;
    }
    holding.left = lease.points;
    holding.shared = Math.max(0, lease.remaining);
    holding.resetAt = now + lease.msBeforeNext;
  }

  #getLimiter(quota: number): RateLimiterAbstract {
    const existing = this.#limiters.get(quota);
    if (existing !== undefined) return existing;
    const options = { points: quota, duration: WINDOW_S, keyPrefix: this.#prefix };
    const limiter = new RateLimiterRedis({
      ...options,
      storeClient: this.#redis,
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory(options),
    });
    this.#limiters.set(quota, limiter);
    return limiter;
  }

  #getHolding(holder: string): Holding {
    const existing = this.#holdings.get(holder);
    if (existing !== undefined) return existing;
    const holding = { left: 0, shared: 0, resetAt: 0, refusedUntil: 0, lease: undefined };
    this.#holdings.set(holder, holding);
    return holding;
  }
}

async function consume(limiter: RateLimiterAbstract, holder: string, points: number) {
  try {
    const { remainingPoints, msBeforeNext } = await limiter.consume(holder, points);
    return { points, remaining: remainingPoints, msBeforeNext };
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return undefined;
    throw refusal;
  }
}
