import { hash } from 'node:crypto';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { RedisClient } from '../../shared/queue/connections.ts';
import { toNetwork } from '../../shared/runtime/ip-address.ts';
import { Budget, type Claim, takeAll } from './budget.ts';
import { FairQueue } from './fair-queue.ts';
import { KeyedMutex } from './keyed-mutex.ts';

const WINDOW_S = 15 * 60;
/** The maximum number of guesses of one kind that this process checks in parallel. */
const CHECKED_MAX = 8;
/** The maximum number of guesses of one kind that wait: in total, and from one address. */
const WAITING_MAX = 500;
const ADDRESS_WAITING_MAX = 200;
/** Requests time out after 8 s, so older guesses are not checked. */
const WAIT_MS_MAX = 7_000;

/**
 * What is guessed: a password at the login, the current password inside a session, whether an
 * e-mail address is taken (sign-ups, also with weak passwords), or an operator's password. Each
 * kind has its own budgets.
 */
export type GuessKind = 'login' | 'password' | 'signup' | 'operator';

/** Wrong guesses of each kind within the window. */
interface GuessLimits {
  readonly perAccount: number;
  readonly perAddress: number;
}

interface Guess {
  readonly kind: GuessKind;
  /** The client's address in canonical form. */
  readonly address: string;
  readonly account?: {
    readonly name: string;
    /** Returns whether the account had a recent login from this address. */
    isKnownAddress(): Promise<boolean>;
  };
}

/** The budgets and the queue of one kind. */
interface KindLimits {
  readonly queue: FairQueue;
  readonly address: Budget;
  readonly account: Budget;
  readonly known: Budget;
}

/**
 * Limits wrong guesses across processes. A known address, from which the account had a recent
 * login, has its own budget for that account. All other addresses share a budget of the account,
 * and each of them has a budget for all accounts. So strangers can lock out each other, but not an
 * owner at a known address.
 *
 * A guess is counted before it is checked, so concurrent guesses cannot exceed the budget. The
 * points of a guess that was right or could not be checked are given back. Guesses of one kind that
 * count against the same budget of an account are checked one after the other, so that concurrent
 * right guesses do not use up the budget.
 */
export class GuessLimiter {
  readonly #kinds: Readonly<Record<GuessKind, KindLimits>>;
  readonly #accountMutex = new KeyedMutex('guesses at an account');

  constructor(redis: RedisClient, keyPrefix: string, limits: GuessLimits) {
    const { perAccount, perAddress } = limits;
    const budget = (kind: GuessKind, holder: string, pointsMax: number) =>
      new Budget(redis, {
        keyPrefix: `${keyPrefix}:guess:${kind}:${holder}`,
        pointsMax,
        windowS: WINDOW_S,
      });
    const toLimits = (kind: GuessKind): KindLimits => ({
      queue: openQueue(kind, perAddress),
      address: budget(kind, 'address', perAddress),
      account: budget(kind, 'account', perAccount),
      known: budget(kind, 'known', perAccount),
    });
    this.#kinds = {
      login: toLimits('login'),
      password: toLimits('password'),
      signup: toLimits('signup'),
      operator: toLimits('operator'),
    };
  }

  /**
   * Runs `check` and returns its result. `check` returns undefined for a wrong guess.
   * @throws RefusedError too_many_guesses, whether or not the account exists
   * @throws QueueFullError when too many guesses are waiting, or this guess has waited longer than
   * 7 s
   */
  check<T>(guess: Guess, check: () => Promise<T | undefined>): Promise<T | undefined> {
    const limits = this.#kinds[guess.kind];
    const network = toNetwork(guess.address);
    return limits.queue.run(network, async () => {
      const claims = await toClaims(limits, guess, network);
      const checkGuess = () => checkWithin(claims, check);
      if (claims.account === undefined) return checkGuess();
      return this.#accountMutex.run(`${guess.kind} ${claims.account.holder}`, checkGuess);
    });
  }
}

/** The points that a guess costs. */
interface Claims {
  readonly all: readonly Claim[];
  /** The claim whose budget is reset by a right guess. */
  readonly account: Claim | undefined;
}

async function toClaims(
  { address: addressBudget, account: accountBudget, known: knownBudget }: KindLimits,
  { account }: Guess,
  network: string,
): Promise<Claims> {
  const addressClaim = { budget: addressBudget, holder: network };
  if (account === undefined) return { all: [addressClaim], account: undefined };
  // Hashed, so that Redis contains no e-mail addresses.
  const name = hash('sha256', account.name);
  if (await account.isKnownAddress()) {
    const claim = { budget: knownBudget, holder: `${name}:${network}` };
    return { all: [claim], account: claim };
  }
  const claim = { budget: accountBudget, holder: name };
  return { all: [addressClaim, claim], account: claim };
}

async function checkWithin<T>(
  { all, account }: Claims,
  check: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { waitMs, giveBack } = await takeAll(all);
  if (waitMs > 0) {
    throw new RefusedError('too_many_guesses', 'Too many attempts. Try again later.', [], {
      retryAfterS: Math.ceil(waitMs / 1_000),
    });
  }
  let result: T | undefined;
  try {
    result = await check();
  } catch (error) {
    await giveBack();
    throw error;
  }
  if (result === undefined) return undefined;
  await giveBack();
  if (account !== undefined) await account.budget.reset(account.holder);
  return result;
}

function openQueue(kind: GuessKind, perAddress: number): FairQueue {
  return new FairQueue({
    name: `guesses (${kind})`,
    parallelMax: CHECKED_MAX,
    laneParallelMax: Math.min(CHECKED_MAX, perAddress),
    waitingMax: WAITING_MAX,
    laneWaitingMax: ADDRESS_WAITING_MAX,
    waitMsMax: WAIT_MS_MAX,
  });
}
