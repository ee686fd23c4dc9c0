import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { GroupCommit } from '../../../shared/runtime/group-commit.ts';

/** argon2id with 19 MiB, two passes and one lane: OWASP's password storage recommendation. */
const ARGON2ID = 2;
const COST = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Hashes take a core each; more at once would leave none to the other routes. */
const PARALLEL_MAX = 1;
const WAITING_MAX = 200;

/** The hash of no password: somebody unknown takes as long to refuse as somebody known. */
const DECOY = [
  '$argon2id$v=19$m=19456,t=2,p=1',
  randomBytes(16).toString('base64').replace(/=+$/, ''),
  randomBytes(32).toString('base64').replace(/=+$/, ''),
].join('$');

/** Hashes and verifies passwords, one at a time, in the threads of the native module. */
export class PasswordHasher {
  readonly #work = new GroupCommit<() => Promise<unknown>, unknown>({
    name: 'passwords',
    itemsMax: 1,
    queueMax: WAITING_MAX,
    parallelMax: PARALLEL_MAX,
    commit: async (jobs) => Promise.all(jobs.map(async (job) => ({ value: await job() }))),
  });
  /** @throws QueueFullError when too many wait already */
  hash(password: string): Promise<string> {
    return this.#work.submit(() => hash(password, COST)) as Promise<string>;
  }

  /** Whether the password is the one of the hash; without a hash it is not, after as long. */
  verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    return this.#work.submit(async () => {
      const isRight = await verify(passwordHash ?? DECOY, password);
      return isRight && passwordHash !== undefined;
    }) as Promise<boolean>;
  }
}
