import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { FairQueue } from '../../limits/fair-queue.ts';

/** argon2id with 19 MiB, two passes and one lane: OWASP's password storage recommendation. */
const ARGON2ID = 2;
const COST = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Hashes take a core each; more at once would leave none to the other routes. */
const PARALLEL_MAX = 1;
const PURPOSE_WAITING_MAX = 100;
/** Callers are answered after 8 s, whatever happens to their password. */
const WAIT_MS_MAX = 7_000;

/**
 * What a password is hashed for. Each purpose has a queue of its own and all are served in turn, so
 * a login waits for no more than one sign-up, however many there are.
 */
const PURPOSES = ['login', 'signup', 'change'] as const;
export type HashPurpose = (typeof PURPOSES)[number];

/** The hash of no password: somebody unknown takes as long to refuse as somebody known. */
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

  /** @throws QueueFullError when too many of this purpose wait already */
  hash(password: string, purpose: HashPurpose): Promise<string> {
    return this.#queue.run(purpose, () => hash(password, COST));
  }

  /**
   * Whether the password is the one of the hash; without a hash it is not, after as long.
   * @throws QueueFullError when too many of this purpose wait already
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
