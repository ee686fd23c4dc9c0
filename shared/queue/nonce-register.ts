import { readFileSync } from 'node:fs';
import { Cluster, type Redis } from 'ioredis';
import { withDeadline } from '../runtime/deadline.ts';
import { GroupCommit, type Settled } from '../runtime/group-commit.ts';
import { retry } from '../runtime/retry.ts';
import { REDIS_CALL_TIMEOUT_MS, type RedisClient } from './connections.ts';

/** The nonce of a valid signature. */
export interface Nonce {
  readonly keyId: string;
  readonly nonce: string;
  /** When the signature says it was created, in seconds since 1970. */
  readonly created: number;
}

/**
 * `new`: never seen before, and registered now. `used`: a replay. `before_epoch`: so old that Redis
 * may have forgotten it. `unavailable`: Redis did not answer, so the nonce must not count as new.
 */
export type NonceAnswer = 'new' | 'used' | 'before_epoch' | 'unavailable';

/** Remembers each nonce for longer than its signature is current. */
export interface NonceRegister {
  /**
   * Registers a nonce, in one call with the others of its group. The group waits until the previous
   * call has ended, so the answer takes up to two timeouts of a call (400 ms), and longer only if
   * more than `GROUP_MAX` nonces wait.
   */
  register(nonce: Nonce): Promise<NonceAnswer>;
}

/**
 * A signature is current from 300 s before its creation until 300 s after, so its nonce could be
 * replayed for 600 s; another minute allows for clocks that are set meanwhile.
 */
export const NONCE_TTL_MS = 660_000;
/**
 * The maximum numbers of nonces that one call of Redis registers, and of nonces that wait for a
 * call.
 */
const GROUP_MAX = 256;
const QUEUE_MAX = 10_000;
/**
 * After a failed call the circuit breaker stays open this long: nonces are `unavailable` at once.
 */
const CIRCUIT_OPEN_MS = 500;
/**
 * How long the register tries to begin an epoch, and the pauses between its tries. A restarted node
 * of a cluster refuses commands for two seconds or more.
 */
const BEGIN_EPOCH_WITHIN_MS = 5_000;
const BEGIN_PAUSE_MS_MIN = 50;
const BEGIN_PAUSE_MS_MAX = 400;

const REGISTER = readFileSync(new URL('register-nonces.lua', import.meta.url), 'utf8');

interface Scripts {
  registerNonces(keyCount: number, ...keysAndArguments: string[]): Promise<string>;
}

/**
 * Opens the register of nonces, which is kept in Redis.
 * @param redis a connection of `connectFailingFast`
 * @param now the clock that decides whether a signature is current, in ms since 1970
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

  const registerAll = async (nonces: readonly Nonce[]): Promise<string> => {
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
      if (performance.now() < openUntil) return nonces.map(() => UNAVAILABLE);
      try {
        const answers = await registerAll(nonces);
        return nonces.map((_, index) => ANSWERS[answers[index] ?? ''] ?? UNAVAILABLE);
      } catch {
        openUntil = performance.now() + CIRCUIT_OPEN_MS;
        return nonces.map(() => UNAVAILABLE);
      }
    },
  });

  // The epoch begins as early as possible, because signatures from before it are refused.
  const beginEpoch = () => {
    openUntil = 0;
    retry(() => registerAll([]), {
      isRetryable: () => true,
      timeoutMs: BEGIN_EPOCH_WITHIN_MS,
      pauseMsMin: BEGIN_PAUSE_MS_MIN,
      pauseMsMax: BEGIN_PAUSE_MS_MAX,
    }).catch(() => undefined);
  };
  redis.on('ready', beginEpoch);
  if (redis instanceof Cluster) onReadyNodes(redis, beginEpoch);
  if (redis.status === 'ready') beginEpoch();

  return { register: (nonce) => group.submit(nonce).catch(() => 'unavailable' as const) };
}

/** Calls `onReady` whenever a node is ready; a cluster is not ready again when a node returns. */
function onReadyNodes(cluster: Cluster, onReady: () => void): void {
  const watch = (node: Redis) => node.on('ready', onReady);
  cluster.on('+node', watch);
  for (const node of cluster.nodes()) watch(node);
}

const UNAVAILABLE: Settled<NonceAnswer> = { value: 'unavailable' };
const ANSWERS: Readonly<Record<string, Settled<NonceAnswer>>> = {
  N: { value: 'new' },
  U: { value: 'used' },
  E: { value: 'before_epoch' },
};
