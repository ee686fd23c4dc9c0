import type { RedisClient } from '../../shared/queue/connections.ts';
import { probeRedis, type RedisTrouble } from '../../shared/queue/probe-redis.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import { startPeriodic } from '../../shared/runtime/periodic.ts';
import { findProcess } from '../../shared/services/processes/identity.ts';
import {
  endHeartbeats,
  forgetDeadProcesses,
  HEARTBEAT_EVERY_MS,
  newProcess,
  recordHeartbeat,
} from '../../shared/store/heartbeat.ts';
import type { Store } from '../../shared/store/store.ts';

/** When this worker last did something, by its monotonic clock. */
export class Activity {
  /** The partitions that this worker settles. Without any it is a standby. */
  partitions: readonly number[] = [];
  #takenAt: number | undefined;
  #committedAt: number | undefined;
  #servedAt: number | undefined;
  #servedFreeMs: number | undefined;

  /** Records that a checkout was taken from the queue. */
  taken(): void {
    this.#takenAt = performance.now();
  }

  /** Records that a batch was committed. */
  committed(): void {
    this.#committedAt = performance.now();
  }

  /** Records that waiting checkouts got units, which had been free for these times. */
  served(freeMs: readonly number[]): void {
    this.#servedAt = performance.now();
    this.#servedFreeMs = Math.max(...freeMs);
  }

  /** The ms since each of these events; undefined if it has not happened yet. */
  get ages() {
    const toAge = (at: number | undefined) =>
      at === undefined ? undefined : performance.now() - at;
    return {
      takenAgoMs: toAge(this.#takenAt),
      committedAgoMs: toAge(this.#committedAt),
      servedAgoMs: toAge(this.#servedAt),
    };
  }

  /** The longest time in ms for which units had been free when waiting checkouts last got them. */
  get servedFreeMs(): number | undefined {
    return this.#servedFreeMs;
  }
}

interface HeartbeatOptions {
  readonly store: Store;
  /** The connections to Redis that the worker needs. */
  readonly clients: readonly RedisClient[];
  readonly keyPrefix: string;
  readonly activity: Activity;
  readonly log: Logger;
  readonly onError: (error: unknown) => void;
}

/**
 * Records every 2 s that this worker is alive, when it last took a checkout, committed a batch and
 * served a waiting checkout, which partitions it settles, and whether Redis takes writes.
 * `/readyz`, `/metrics` and the observatory of the API show this. Resolves once the first heartbeat
 * is recorded, or its failure is reported to `onError`.
 */
export async function startHeartbeat(
  options: HeartbeatOptions,
): Promise<{ readonly id: string; stop(): Promise<void> }> {
  const { store, activity, log, onError } = options;
  const process = newProcess('worker');
  let lastTrouble: RedisTrouble | undefined;
  const run = async () => {
    const redisTrouble = await probeClients(options);
    if (redisTrouble !== undefined && redisTrouble !== lastTrouble) {
      log.warn({ reason: redisTrouble }, 'Redis does not take writes');
    }
    lastTrouble = redisTrouble;
    const { ages, servedFreeMs, partitions } = activity;
    await recordHeartbeat(store, process, { ...ages, servedFreeMs, partitions, redisTrouble });
  };
  await forgetDeadProcesses(store, (pid) => findProcess(pid) !== undefined).catch(onError);
  await recordHeartbeat(store, process).catch(onError);
  const beating = startPeriodic({ everyMs: HEARTBEAT_EVERY_MS, run, onError });
  return {
    id: process.id,
    stop: async () => {
      await beating.stop();
      await endHeartbeats(store, process).catch(onError);
    },
  };
}

async function probeClients({ clients, keyPrefix }: HeartbeatOptions) {
  const troubles = await Promise.all(clients.map((client) => probeRedis(client, keyPrefix)));
  return troubles.find((trouble) => trouble !== undefined);
}
