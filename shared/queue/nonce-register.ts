import { readFileSync } from 'node:fs';
import { withDeadline } from '../runtime/deadline.ts';
import { GroupCommit, type Settled } from '../runtime/group-commit.ts';
import { REDIS_CALL_TIMEOUT_MS, type RedisClient } from './connections.ts';

/** A nonce of a signature that has been found good. */
export interface Nonce {
  readonly keyId: string;
  readonly nonce: string;
  /** When the signature says it was created, in seconds since 1970. */
  readonly created: number;
}

/**
 * `new`: never seen before, and registered now. `used`: a replay. `before_epoch`: so old that Redis
 * may have forgotten it. `unavailable`: Redis did not say, and nobody may take the nonce for new.
 */
export type NonceAnswer = 'new' | 'used' | 'before_epoch' | 'unavailable';

/** Remembers nonces for longer than any signature that carries one can be current. */
export interface NonceRegister {
  /** Answers within two deadlines of a call (400 ms), whatever Redis does. */
  register(nonce: Nonce): Promise<NonceAnswer>;
}

/**
 * A signature is current from 300 s before it is created until 300 s after, so its nonce could come
 * again for 600 s; a minute on top is for clocks that are set meanwhile.
 */
export const NONCE_TTL_MS = 660_000;
/** Nonces registered by one call of Redis, and those that may wait for one. */
const GROUP_MAX = 256;
const QUEUE_MAX = 10_000;
/** After a failed call Redis is left alone this long, so that an outage costs one wait, not all. */
const CIRCUIT_OPEN_MS = 500;

const REGISTER = readFileSync(new URL('register-nonces.lua', import.meta.url), 'utf8');

interface Scripts {
  registerNonces(keyCount: number, ...keysAndArguments: string[]): Promise<string>;
}

/**
 * @param redis a connection of `connectFailingFast`
 * @param now the clock by which signatures are judged current, in ms since 1970
 */
export function openNonceRegister(
  redis: RedisClient,
  keyPrefix: string,
  now: () => number,
): NonceRegister {
  redis.defineCommand('registerNonces', { lua: REGISTER });
  const scripts = redis as unknown as Scripts;
  const prefix = `${keyPrefix}:{nonces}`;
  let openUntil = 0;

  const ask = async (nonces: readonly Nonce[]): Promise<string> => {
    const keys = nonces.map(({ keyId, nonce }) => `${prefix}:${keyId}:${nonce}`);
    const times = nonces.map(({ created }) => String(created));
    const call = scripts.registerNonces(
      1 + nonces.length,
      `${prefix}-epoch`,
      ...keys,
      String(now()),
      String(NONCE_TTL_MS),
      ...times,
    );
    return withDeadline('registering nonces', REDIS_CALL_TIMEOUT_MS, call);
  };

  const group = new GroupCommit<Nonce, NonceAnswer>({
    name: 'nonces',
    itemsMax: GROUP_MAX,
    queueMax: QUEUE_MAX,
    commit: async (nonces) => {
      if (Date.now() < openUntil) return nonces.map(() => UNAVAILABLE);
      try {
        const answers = await ask(nonces);
        return nonces.map((_, index) => ANSWERS[answers[index] ?? ''] ?? UNAVAILABLE);
      } catch {
        openUntil = Date.now() + CIRCUIT_OPEN_MS;
        return nonces.map(() => UNAVAILABLE);
      }
    },
  });

  // The sooner the epoch begins, the fewer fresh signatures are from before it.
  const begin = () => {
    openUntil = 0;
    ask([]).catch(() => undefined);
  };
  redis.on('ready', begin);
  if (redis.status === 'ready') begin();

  return { register: (nonce) => group.submit(nonce).catch(() => 'unavailable' as const) };
}

const UNAVAILABLE: Settled<NonceAnswer> = { value: 'unavailable' };
const ANSWERS: Readonly<Record<string, Settled<NonceAnswer>>> = {
  N: { value: 'new' },
  U: { value: 'used' },
  E: { value: 'before_epoch' },
};
