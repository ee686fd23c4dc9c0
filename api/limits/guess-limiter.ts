import { hash } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { RedisClient } from '../../shared/queue/connections.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import { Turns } from './turns.ts';

const WINDOW_S = 15 * 60;
/** Guesses being checked in this process at once, and waiting to be. */
const CHECKED_MAX = 8;
const WAITING_MAX = 500;

interface GuessLimits {
  /** Wrong guesses within the window. */
  readonly perAccount: number;
  readonly perAddress: number;
}

/** What is guessed at: the secret of an account, or whether there is such an account at all. */
interface Guess {
  readonly account?: string;
  readonly address: string;
}

/**
 * Limits wrong guesses across processes. A guess is counted before it is checked, so that many at
 * once are no way around, and given back when it was right. Those at one account are checked one
 * after the other, so that many right ones at once are not taken for wrong ones.
 */
export class GuessLimiter {
  readonly #account: RateLimiterRedis;
  readonly #address: RateLimiterRedis;
  readonly #turns = new Turns('guesses at an account');
  readonly #checks = new GroupCommit<() => Promise<unknown>, unknown>({
    name: 'guesses',
    itemsMax: 1,
    parallelMax: CHECKED_MAX,
    queueMax: WAITING_MAX,
    commit: (jobs) => Promise.all(jobs.map(async (job) => ({ value: await job() }))),
  });

  constructor(redis: RedisClient, keyPrefix: string, limits: GuessLimits) {
    this.#account = limiter(redis, `${keyPrefix}:guess:account`, limits.perAccount);
    this.#address = limiter(redis, `${keyPrefix}:guess:address`, limits.perAddress);
  }

  /**
   * Answers what `check` does; undefined from it says that the guess was wrong.
   * @throws RefusedError too_many_guesses, whether or not there is such an account
   * @throws QueueFullError when too many wait already
   */
  async check<T>(
    { account, address }: Guess,
    check: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    // Redis holds no e-mail addresses.
    const name = account === undefined ? undefined : hash('sha256', account);
    const checked = async () => {
      await this.#count(name, address);
      const right = await check();
      if (right !== undefined) await this.#forgive(name, address);
      return right;
    };
    const submit = () => this.#checks.submit(checked) as Promise<T | undefined>;
    return name === undefined ? submit() : this.#turns.take(name, submit);
  }

  async #count(account: string | undefined, address: string): Promise<void> {
    try {
      await this.#address.consume(address);
      if (account !== undefined) await this.#account.consume(account);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const retryAfterS = Math.ceil(refusal.msBeforeNext / 1_000);
      throw new RefusedError('too_many_guesses', 'Too many attempts. Try again later.', [], {
        retryAfterS,
      });
    }
  }

  /** The guess was right: it does not count, and neither do those at the account before. */
  async #forgive(account: string | undefined, address: string): Promise<void> {
    const forgiven: Promise<unknown>[] = [this.#address.reward(address)];
    if (account !== undefined) forgiven.push(this.#account.delete(account));
    await Promise.all(forgiven).catch(() => undefined);
  }
}

function limiter(redis: RedisClient, keyPrefix: string, points: number): RateLimiterRedis {
  const options = { points, duration: WINDOW_S, keyPrefix };
  return new RateLimiterRedis({
    ...options,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(options),
  });
}
