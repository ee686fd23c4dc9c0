import { Cluster, type ClusterOptions, Redis, ReplyError } from 'ioredis';
import { withDeadline } from '../runtime/deadline.ts';
import { retry } from '../runtime/retry.ts';
import { mendCluster } from './mend-cluster.ts';
import { parseRedisUrl } from './redis-url.ts';

/** Bounds the Redis calls that requests of storefronts and sellers wait for. */
export const REDIS_CALL_TIMEOUT_MS = 200;
const RECONNECT_FIRST_MS = 50;
const RECONNECT_MS_MAX = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
/**
 * If a command waits this long and the connection receives no data, the connection is closed and
 * reopened: the server may be gone although the socket still looks open.
 */
const SILENT_MS_MAX = 2_000;
/**
 * The same for connections of consumers. BullMQ's blocking reads wait for 5 s (`drainDelay`), or for
 * up to 10 s while a job is delayed.
 */
const SILENT_BLOCKING_MS_MAX = 12_000;

/** A client of a single Redis or of a Redis Cluster. */
export type RedisClient = Redis | Cluster;

/**
 * Matches errors of a server that is no longer the primary, or that was cut off from its replicas.
 * The client then reconnects, because behind a proxy or a virtual address only new connections
 * reach the new primary. The pattern searches the whole text, since Redis 6.2 wraps errors of
 * scripts: `ERR Error running script … -READONLY …`.
 */
const DEMOTED = /\b(READONLY|MASTERDOWN|NOREPLICAS|UNBLOCKED)\b/;

/** While a server stays read-only, a client reconnects to it at most this often. */
const REOPEN_EVERY_MS = 500;
const reopenedAt = new WeakMap<object, number>();

/** ioredis calls this as a method of the client's own options. */
function reconnectOnError(this: unknown, error: Error): boolean {
  if (!DEMOTED.test(error.message) || typeof this !== 'object' || this === null) return false;
  const now = performance.now();
  if (now - (reopenedAt.get(this) ?? Number.NEGATIVE_INFINITY) < REOPEN_EVERY_MS) return false;
  reopenedAt.set(this, now);
  return true;
}

/** Returns the pause before the next attempt to connect, in ms. */
const retryStrategy = (tries: number) =>
  Math.min(RECONNECT_MS_MAX, RECONNECT_FIRST_MS * 2 ** tries);
/**
 * How many redirections and lost connections a command survives in a cluster, if its client fails
 * fast and if it is patient. A patient client tries again every 0.1 s, so its commands fail about
 * two seconds after a node has gone, unless it is back or its slots have another node by then.
 */
const REDIRECTIONS_MAX = 3;
const PATIENT_REDIRECTIONS_MAX = 16;
/** How long a consumer waits after a lost connection before it fetches again; BullMQ waits 15 s. */
export const FETCH_AGAIN_AFTER_MS = 1_000;

interface ConnectionOptions {
  readonly url: string;
  readonly onError: (error: Error) => void;
}

/**
 * Connects for calls that a request waits for. They fail at once while there is no connection, and
 * after `callTimeoutMs` if Redis does not answer, even if it is frozen with its sockets open.
 */
export function connectFailingFast(
  { url, onError }: ConnectionOptions,
  callTimeoutMs = REDIS_CALL_TIMEOUT_MS,
): RedisClient {
  const bounds = {
    maxRetriesPerRequest: 0,
    commandTimeout: callTimeoutMs,
    socketTimeout: Math.max(SILENT_MS_MAX, callTimeoutMs),
  };
  const clusterOptions = {
    maxRedirections: REDIRECTIONS_MAX,
    // Without this, the client finds a restarted node at the same address only by a redirection.
    clusterNodeRetryStrategy: retryStrategy,
  };
  return connect(url, bounds, { enableOfflineQueue: false }, clusterOptions).on('error', onError);
}

/**
 * Connects for consumers. Their commands wait until an outage ends; but if a cluster loses nodes,
 * commands for these nodes fail after `PATIENT_REDIRECTIONS_MAX`, and the consumer sends others.
 */
export function connectPatiently({ url, onError }: ConnectionOptions): RedisClient {
  const bounds = { maxRetriesPerRequest: null, socketTimeout: SILENT_BLOCKING_MS_MAX };
  // No `clusterNodeRetryStrategy`: with it, commands wait for a lost node without an error, and only
  // after an error the client reads which node has the slots now.
  const clusterOptions = { maxRedirections: PATIENT_REDIRECTIONS_MAX };
  return connect(url, bounds, {}, clusterOptions).on('error', onError);
}

/** Bounds of the calls to a single Redis, or to each node of a cluster. */
interface CallBounds {
  readonly maxRetriesPerRequest: number | null;
  readonly socketTimeout: number;
  readonly commandTimeout?: number;
}

/** Connects to the Redis of a URL, or to the cluster that its addresses belong to. */
function connect(
  url: string,
  bounds: CallBounds,
  clientOptions: { readonly enableOfflineQueue?: boolean },
  clusterOptions: Pick<ClusterOptions, 'maxRedirections' | 'clusterNodeRetryStrategy'>,
): RedisClient {
  const place = parseRedisUrl(url);
  const nodeOptions = { ...bounds, connectTimeout: CONNECT_TIMEOUT_MS, reconnectOnError };
  if (place.nodes === undefined)
    return new Redis(url, { ...nodeOptions, ...clientOptions, retryStrategy });
  const cluster = new Cluster([...place.nodes], {
    ...clientOptions,
    ...clusterOptions,
    clusterRetryStrategy: retryStrategy,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    redisOptions: { ...nodeOptions, ...place.access },
  });
  return mendCluster(cluster);
}

/** Returns a client of each master of a cluster; for a single Redis, the client itself. */
function toMasters(redis: RedisClient): Redis[] {
  return redis instanceof Cluster ? redis.nodes('master') : [redis];
}

/** How long a starting process tries to reach Redis, and the pauses between its attempts. */
const REACHABLE_WITHIN_MS = 2_000;
const RETRY_PAUSE_MS_MIN = 20;
const RETRY_PAUSE_MS_MAX = 200;

/**
 * Checks the eviction policy of each master, if all of them answer within `REACHABLE_WITHIN_MS`. A
 * process that can work without Redis must also start while Redis is unavailable or slow, and a
 * worker while one master of a cluster is.
 * @param redis a connection of either kind
 * @returns whether Redis has answered
 * @throws Error if Redis may evict keys, which would lose jobs and locks at random; ReplyError if
 *   Redis refuses to report the policy
 */
export async function checkEvictionPolicyIfReachable(redis: RedisClient): Promise<boolean> {
  const ready = new Promise<void>((resolve) => {
    if (redis.status === 'ready') resolve();
    else redis.once('ready', () => resolve());
  });
  const reading = ready.then(() =>
    retry(() => readEvictionPolicies(redis), {
      isRetryable: isUnanswered,
      timeoutMs: REACHABLE_WITHIN_MS,
      pauseMsMin: RETRY_PAUSE_MS_MIN,
      pauseMsMax: RETRY_PAUSE_MS_MAX,
    }),
  );
  const readInTime = withDeadline('Redis', REACHABLE_WITHIN_MS, reading);
  const policies = await readInTime.catch((error: unknown) => {
    if (isUnanswered(error)) return undefined;
    throw error;
  });
  if (policies === undefined) return false;
  refuseEviction(policies);
  return true;
}

/** Returns whether an error means that Redis did not answer. An error reply is an answer. */
function isUnanswered(error: unknown): boolean {
  return !(error instanceof ReplyError);
}

/** Returns the eviction policy of each master. */
async function readEvictionPolicies(redis: RedisClient): Promise<string[]> {
  const policies: string[] = [];
  for (const master of toMasters(redis)) {
    const info = await master.info('memory');
    policies.push(/maxmemory_policy:(\S+)/.exec(info)?.[1] ?? 'unknown');
  }
  return policies;
}

function refuseEviction(policies: readonly string[]): void {
  const policy = policies.find((name) => name !== 'noeviction');
  if (policy === undefined) return;
  throw new Error(`Redis has maxmemory-policy ${policy}; it must be noeviction`);
}
