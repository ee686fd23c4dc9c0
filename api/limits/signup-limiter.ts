import { RefusedError } from '../../shared/domain/errors.ts';
import type { RedisClient } from '../../shared/queue/connections.ts';
import { toNetwork } from '../../shared/runtime/ip-address.ts';
import { Budget, takeAll } from './budget.ts';

const WINDOW_S = 60 * 60;

interface SignupLimits {
  /** Sign-ups within an hour from one address. */
  readonly perAddress: number;
  /** Sign-ups within an hour in total. */
  readonly inAll: number;
}

/** Limits sign-ups per hour, for each address and in total. All processes share the counts. */
export class SignupLimiter {
  readonly #address: Budget;
  readonly #all: Budget;

  constructor(redis: RedisClient, keyPrefix: string, { perAddress, inAll }: SignupLimits) {
    const budget = (name: string, pointsMax: number) =>
      new Budget(redis, { keyPrefix: `${keyPrefix}:signup:${name}`, pointsMax, windowS: WINDOW_S });
    this.#address = budget('address', perAddress);
    this.#all = budget('all', inAll);
  }

  /**
   * Counts a sign-up and runs it. A sign-up that returns undefined or fails does not count.
   * @throws RefusedError too_many_signups
   */
  async count<T>(address: string, signUp: () => Promise<T | undefined>): Promise<T | undefined> {
    const claims = [
      { budget: this.#address, holder: toNetwork(address) },
      { budget: this.#all, holder: 'all' },
    ];
    const { waitMs, giveBack } = await takeAll(claims);
    if (waitMs > 0) {
      throw new RefusedError('too_many_signups', 'Too many sign-ups. Try again later.', [], {
        retryAfterS: Math.ceil(waitMs / 1_000),
      });
    }
    let result: T | undefined;
    try {
      result = await signUp();
      return result;
    } finally {
      if (result === undefined) await giveBack();
    }
  }
}
