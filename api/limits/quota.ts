import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import type { RedisClient } from '../../shared/queue/connections.ts';

const WINDOW_S = 60;
const WINDOW_MS = WINDOW_S * 1_000;
/** A process takes so many parts of a quota at a time: the larger, the fewer calls to Redis. */
const LEASES_PER_QUOTA = 100;
const LEASE_REQUESTS_MAX = 5_000;
const HOLDERS_MAX = 50_000;

/** How a request stands against its quota. */
export interface QuotaState {
  readonly isWithin: boolean;
  readonly quota: number;
  /** Requests left as far as this process knows, and seconds until the quota is full again. */
  readonly remaining: number;
  readonly resetS: number;
}

interface Holding {
  /** Requests this process has taken from the quota and not used yet. */
  left: number;
  /** What was left in Redis when it was last asked. */
  shared: number;
  resetAt: number;
  refusedUntil: number;
  lease: Promise<void> | undefined;
}

/**
 * Quotas per minute that hold across processes. The counters are in Redis, by a kept library; a
 * process takes its share in leases, so that most requests cost no call. What a process has leased
 * and not used is lost to the others until the minute is over: the quota is never exceeded, and at
 * most a hundredth of it for each process is left unused. Without Redis each process counts alone.
 */
export class Quotas {
  readonly #redis: RedisClient;
  readonly #prefix: string;
  readonly #limiters = new Map<number, RateLimiterAbstract>();
  readonly #holdings = new Map<string, Holding>();

  constructor(redis: RedisClient, keyPrefix: string) {
    this.#redis = redis;
    this.#prefix = `${keyPrefix}:quota`;
  }

  /**
   * Counts one request of `holder` against `quota` requests a minute.
   *
   * @param ownRequests how many requests of a minute this process lets through before it asks Redis
   * at all. For the many holders that make a few requests each: they cost no call, and a holder may
   * exceed its quota by so many requests for each process.
   */
  async take(holder: string, quota: number, ownRequests = 0): Promise<QuotaState> {
    const holding = this.#holdingOf(holder);
    const now = Date.now();
    if (now >= holding.resetAt) {
      holding.left = ownRequests;
      if (ownRequests > 0) Object.assign(holding, { shared: quota, resetAt: now + WINDOW_MS });
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

  /** Gives back a request that was let through, but then not by another quota. */
  giveBack(holder: string): void {
    const holding = this.#holdings.get(holder);
    if (holding !== undefined && Date.now() < holding.resetAt) holding.left += 1;
  }

  async #lease(holder: string, quota: number, holding: Holding): Promise<void> {
    const wanted = Math.max(1, Math.min(LEASE_REQUESTS_MAX, Math.floor(quota / LEASES_PER_QUOTA)));
    const limiter = this.#limiterOf(quota);
    const lease = (await consume(limiter, holder, wanted)) ?? (await consume(limiter, holder, 1));
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

  #limiterOf(quota: number): RateLimiterAbstract {
    const known = this.#limiters.get(quota);
    if (known !== undefined) return known;
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

  #holdingOf(holder: string): Holding {
    const known = this.#holdings.get(holder);
    if (known !== undefined) return known;
    const [oldest] = this.#holdings.keys();
    if (this.#holdings.size >= HOLDERS_MAX && oldest !== undefined) this.#holdings.delete(oldest);
    const fresh: Holding = { left: 0, shared: 0, resetAt: 0, refusedUntil: 0, lease: undefined };
    this.#holdings.set(holder, fresh);
    return fresh;
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
