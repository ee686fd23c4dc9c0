import type { LRUCache } from 'lru-cache';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisClient } from '../../shared/queue/connections.ts';
import { createLruCache } from '../../shared/runtime/lru-cache.ts';

/**
 * The maximum number of holders that a process counts by itself. A new holder replaces the least
 * recently used one.
 */
const LOCAL_HOLDERS_MAX = 10_000;

interface BudgetOptions {
  /** Prefix of the Redis keys of this budget. */
  readonly keyPrefix: string;
  readonly pointsMax: number;
  readonly windowS: number;
}

/** The points that a holder has taken in its current window, by the count of this process. */
interface LocalWindow {
  points: number;
}

/** The result of taking points. */
interface Taken {
  /** 0 if a point was left, otherwise the milliseconds until the window ends. */
  readonly waitMs: number;
  /** Gives the point back. After a refusal it takes the refused request out of the count. */
  giveBack(): Promise<void>;
}

/**
 * A number of points that each holder may use within a window. The window begins with the first
 * point. Processes share the counters through Redis. Each process also counts by itself, and uses
 * its own count while Redis does not answer.
 */
export class Budget {
  readonly #pointsMax: number;
  readonly #shared: RateLimiterRedis;
  readonly #local: LRUCache<string, LocalWindow>;

  constructor(redis: RedisClient, { keyPrefix, pointsMax, windowS }: BudgetOptions) {
    this.#pointsMax = pointsMax;
    this.#shared = new RateLimiterRedis({
      points: pointsMax,
      duration: windowS,
      keyPrefix,
      storeClient: redis,
      rejectIfRedisNotReady: true,
    });
    this.#local = createLruCache({ max: LOCAL_HOLDERS_MAX, ttl: windowS * 1_000 });
  }

  /** Takes one point. If no point is left, the request is counted all the same; see `giveBack`. */
  async take(holder: string): Promise<Taken> {
    const { window, waitMs: localWaitMs } = this.#takeLocally(holder);
    // A point is given back only to its own window, which may have ended meanwhile.
    const giveBackLocally = async () => {
      window.points -= 1;
    };
    const giveBackUntil = (endsAtMs: number) => async () => {
      await giveBackLocally();
      if (performance.now() >= endsAtMs) return;
      await this.#shared.reward(holder).catch(() => undefined);
    };
    try {
      const { msBeforeNext } = await this.#shared.consume(holder);
      return { waitMs: 0, giveBack: giveBackUntil(performance.now() + msBeforeNext) };
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) {
        const waitMs = Math.max(1, refusal.msBeforeNext);
        return { waitMs, giveBack: giveBackUntil(performance.now() + waitMs) };
      }
      return { waitMs: localWaitMs, giveBack: giveBackLocally };
    }
  }

  /** Gives the holder all points again. */
  async reset(holder: string): Promise<void> {
    this.#local.delete(holder);
    await this.#shared.delete(holder).catch(() => false);
  }

  #takeLocally(holder: string): { readonly window: LocalWindow; readonly waitMs: number } {
    const window = this.#local.get(holder) ?? { points: 0 };
    if (window.points === 0) this.#local.set(holder, window);
    window.points += 1;
    if (window.points <= this.#pointsMax) return { window, waitMs: 0 };
    return { window, waitMs: Math.max(1, Math.ceil(this.#local.getRemainingTTL(holder))) };
  }
}

/** A point of one holder's budget. */
export interface Claim {
  readonly budget: Budget;
  readonly holder: string;
}

/**
 * Takes one point of each claim, or none at all.
 * @returns `waitMs`: 0, or the milliseconds until the first exhausted budget has points again.
 * `giveBack` gives all points back; after a refusal `takeAll` has given them back already
 */
export async function takeAll(claims: readonly Claim[]): Promise<Taken> {
  const taken: Taken[] = [];
  let waitMs = 0;
  // One after the other, so that a holder without points takes none from budgets that others share.
  for (const { budget, holder } of claims) {
    const result = await budget.take(holder);
    taken.push(result);
    waitMs = result.waitMs;
    if (waitMs > 0) break;
  }
  const giveBack = async () => {
    await Promise.all(taken.map((result) => result.giveBack()));
  };
  if (waitMs > 0) await giveBack();
  return { waitMs, giveBack };
}
