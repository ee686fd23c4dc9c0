import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisClient } from '../../shared/queue/connections.ts';
import { LocalWindow } from './local-window.ts';

interface BudgetOptions {
  /** First part of its Redis keys. */
  readonly keyPrefix: string;
  readonly pointsMax: number;
  readonly windowS: number;
}

/** A point that was asked of a budget. */
interface Taken {
  /** 0, or the milliseconds until the window ends if there was no point left. */
  readonly waitMs: number;
  /** Takes the request back, granted or not: counters count both. */
  giveBack(): Promise<void>;
}

/**
 * A number of points that each holder may use within a window. The window begins with the first
 * point. Processes share it through Redis. Each process counts by itself as well, and goes by its
 * own count when Redis does not answer.
 */
export class Budget {
  readonly #shared: RateLimiterRedis;
  readonly #own: LocalWindow;

  constructor(redis: RedisClient, { keyPrefix, pointsMax, windowS }: BudgetOptions) {
    this.#shared = new RateLimiterRedis({
      points: pointsMax,
      duration: windowS,
      keyPrefix,
      storeClient: redis,
      rejectIfRedisNotReady: true,
    });
    this.#own = new LocalWindow(pointsMax, windowS * 1_000);
  }

  /** Takes one point, if there is one. */
  async take(holder: string): Promise<Taken> {
    const ownWaitMs = this.#own.take(holder);
    const giveBackOwn = async () => this.#own.giveBack(holder);
    const giveBack = async () => {
      this.#own.giveBack(holder);
      await this.#shared.reward(holder).catch(() => undefined);
    };
    try {
      await this.#shared.consume(holder);
      return { waitMs: 0, giveBack };
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) return { waitMs: ownWaitMs, giveBack: giveBackOwn };
      return { waitMs: Math.max(1, refusal.msBeforeNext), giveBack };
    }
  }

  /** Starts over: the holder has all points again. */
  async reset(holder: string): Promise<void> {
    this.#own.reset(holder);
    await this.#shared.delete(holder).catch(() => false);
  }
}

/** A point of one holder's budget. */
export interface Claim {
  readonly budget: Budget;
  readonly holder: string;
}

/**
 * Takes one point of each claim, or none of any.
 *
 * @returns how long to wait until the first budget that has no points left has one again, and a
 * function that gives all points back
 */
export async function takeAll(claims: readonly Claim[]): Promise<Taken> {
  const taken: Taken[] = [];
  let waitMs = 0;
  // In turn: a holder without points of its own takes none of the points that all share.
  for (const { budget, holder } of claims) {
    const one = await budget.take(holder);
    taken.push(one);
    waitMs = one.waitMs;
    if (waitMs > 0) break;
  }
  const giveBack = async () => {
    await Promise.all(taken.map((each) => each.giveBack()));
  };
  if (waitMs > 0) await giveBack();
  return { waitMs, giveBack };
}
