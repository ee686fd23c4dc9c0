import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { FairQueue } from '../../limits/fair-queue.ts';

/** argon2id with 19 MiB, two passes and one lane: OWASP's password storage recommendation. */
const ARGON2ID = 2;
const COST = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Each hash occupies a core; several in parallel would leave no core for other routes. */
const PARALLEL_MAX = 1;
const PURPOSE_WAITING_MAX = 100;
/** Requests time out after 8 s, so older work is not started. */
const WAIT_MS_MAX = 7_000;

/**
 * The purpose for which a password is hashed. Each purpose has its own lane in the queue, and the
 * lanes are served in turn. So logins do not wait behind all sign-ups of a flood, but only behind
 * one at a time.
 */
const PURPOSES = ['login', 'signup', 'change', 'operator'] as const;
export type HashPurpose = (typeof PURPOSES)[number];

/**
 * No password matches this hash. With it, refusing an unknown account takes as long as refusing a
 * wrong password.
 */
const DECOY = [
  '$argon2id$v=19$m=19456,t=2,p=1',
  randomBytes(16).toString('base64').replace(/=+$/, ''),
  randomBytes(32).toString('base64').replace(/=+$/, ''),
].join('$');

/** Hashes and verifies passwords, one at a time, in the threads of the native module. */
export class PasswordHasher {
  readonly #queue = new FairQueue({
    name: 'passwords',
    parallelMax: PARALLEL_MAX,
    laneParallelMax: PARALLEL_MAX,
    waitingMax: PURPOSE_WAITING_MAX * PURPOSES.length,
    laneWaitingMax: PURPOSE_WAITING_MAX,
    waitMsMax: WAIT_MS_MAX,
  });

  /**
   * Hashes a password with argon2id.
   * @throws QueueFullError when too many calls for this purpose are waiting, or this call has waited
   * for too long
   */
  hash(password: string, purpose: HashPurpose): Promise<string> {
    return this.#queue.run(purpose, () => hash(password, COST));
  }

  /**
   * Returns whether the password matches the hash. Without a hash, returns false after the same
   * time.
   * @throws QueueFullError when too many calls for this purpose are waiting, or this call has waited
   * for too long
   */
  verify(
    passwordHash: string | undefined,
    password: string,
    purpose: HashPurpose,
  ): Promise<boolean> {
    return this.#queue.run(purpose, async () => {
      const isRight = await verify(passwordHash ?? DECOY, password);
      return isRight && passwordHash !== undefined;
    });
  }
}
