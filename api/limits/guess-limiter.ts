import { hash } from 'node:crypto';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { RedisClient } from '../../shared/queue/connections.ts';
import { networkOf } from '../../shared/runtime/ip-address.ts';
import { Budget, type Claim, takeAll } from './budget.ts';
import { FairQueue } from './fair-queue.ts';
import { KeyedMutex } from './keyed-mutex.ts';

const WINDOW_S = 15 * 60;
/** Guesses of one kind that are checked in this process at once, and that wait to be. */
const CHECKED_MAX = 8;
const WAITING_MAX = 500;
const ADDRESS_WAITING_MAX = 200;
/** Callers are answered after 8 s, whatever happens to their guess. */
const WAIT_MS_MAX = 7_000;

/**
 * What is guessed: the password of an account at its login, the same by somebody who has a token
 * of it already, whether an e-mail address has an account, or the operators' password. Each kind
 * is counted by itself, so that guesses of one do not use up the budget of another.
 */
const KINDS = ['login', 'password', 'signup', 'operator'] as const;
export type GuessKind = (typeof KINDS)[number];

interface GuessLimits {
  /** Wrong guesses of each kind within the window. */
  readonly perAccount: number;
  readonly perAddress: number;
}

interface Guess {
  readonly kind: GuessKind;
  /** In canonical form. */
  readonly address: string;
  readonly account?: {
    readonly name: string;
    /** Whether somebody has logged in to the account from this address not long ago. */
    isKnownAddress(): Promise<boolean>;
  };
}

/** The budgets and the queue of one kind. */
interface Counted {
  readonly queue: FairQueue;
  readonly address: Budget;
  readonly account: Budget;
  readonly known: Budget;
}

/**
 * Limits wrong guesses across processes. An address that has logged in to an account before has a
 * budget of its own for that account; all other addresses share the account's, and each of them has
 * one for all accounts. So strangers can lock each other out, but not the owner.
 *
 * A guess is counted before it is checked, so that many at once are no way around, and given back
 * when it was right or could not be checked. Those of one budget are checked one after the other,
 * so that many right ones at once are not taken for wrong ones.
 */
export class GuessLimiter {
  readonly #kinds: ReadonlyMap<GuessKind, Counted>;
  readonly #turns = new KeyedMutex('guesses at an account');

  constructor(redis: RedisClient, keyPrefix: string, limits: GuessLimits) {
    const { perAccount, perAddress } = limits;
    const budget = (kind: GuessKind, holder: string, pointsMax: number) =>
      new Budget(redis, {
        keyPrefix: `${keyPrefix}:guess:${kind}:${holder}`,
        pointsMax,
        windowS: WINDOW_S,
      });
    this.#kinds = new Map(
      KINDS.map((kind) => [
        kind,
        {
          queue: openQueue(kind, perAddress),
          address: budget(kind, 'address', perAddress),
          account: budget(kind, 'account', perAccount),
          known: budget(kind, 'known', perAccount),
        },
      ]),
    );
  }

  /**
   * Returns what `check` does; undefined from it means that the guess was wrong.
   * @throws RefusedError too_many_guesses, whether or not there is such an account
   * @throws QueueFullError when too many wait already
   */
  check<T>(guess: Guess, check: () => Promise<T | undefined>): Promise<T | undefined> {
    const counted = this.#kinds.get(guess.kind);
    if (counted === undefined) throw new Error(`no such kind of guess: ${guess.kind}`);
    const network = networkOf(guess.address);
    return counted.queue.run(network, async () => {
      const claims = await claimsOf(counted, guess, network);
      const checked = () => checkCounted(claims, check);
      if (claims.account === undefined) return checked();
      return this.#turns.take(`${guess.kind} ${claims.account.holder}`, checked);
    });
  }
}

/** The points that a guess costs, and those of its account, which a right one starts over. */
interface Claims {
  readonly all: readonly Claim[];
  readonly account: Claim | undefined;
}

async function claimsOf(
  { address, account: accounts, known }: Counted,
  { account }: Guess,
  network: string,
): Promise<Claims> {
  const ofAddress = { budget: address, holder: network };
  if (account === undefined) return { all: [ofAddress], account: undefined };
  // Redis holds no e-mail addresses.
  const name = hash('sha256', account.name);
  if (await account.isKnownAddress()) {
    const claim = { budget: known, holder: `${name}:${network}` };
    return { all: [claim], account: claim };
  }
  const claim = { budget: accounts, holder: name };
  return { all: [ofAddress, claim], account: claim };
}

async function checkCounted<T>(
  { all, account }: Claims,
  check: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { waitMs, giveBack } = await takeAll(all);
  if (waitMs > 0) {
    throw new RefusedError('too_many_guesses', 'Too many attempts. Try again later.', [], {
      retryAfterS: Math.ceil(waitMs / 1_000),
    });
  }
  let right: T | undefined;
  try {
    right = await check();
  } catch (error) {
    await giveBack();
    throw error;
  }
  if (right === undefined) return undefined;
  await giveBack();
  if (account !== undefined) await account.budget.reset(account.holder);
  return right;
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
