import type { RedisClient } from '../../shared/queue/connections.ts';
import { probeRedis, type RedisTrouble } from '../../shared/queue/probe-redis.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import { startPeriodic } from '../../shared/runtime/periodic.ts';
import { findProcess } from '../../shared/services/processes/identity.ts';
import {
  BEAT_EVERY_MS,
  beat,
  endBeating,
  forgetDeadProcesses,
  newProcess,
} from '../../shared/store/heartbeat.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Activity } from './activity.ts';

interface HeartbeatOptions {
  readonly store: Store;
  /** Every connection to Redis without which the worker cannot work. */
  readonly clients: readonly RedisClient[];
  readonly keyPrefix: string;
  readonly activity: Activity;
  readonly log: Logger;
  readonly onError: (error: unknown) => void;
}

/**
 * Records every 2 s that this worker is alive, when it last took a checkout and committed a batch,
 * and whether Redis can be written to. The API shows it in `/readyz` and `/metrics`. The first beat
 * is recorded before this resolves.
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
      log.warn({ reason: redisTrouble }, 'Redis cannot be worked with');
    }
    lastTrouble = redisTrouble;
    const { takenAgoMs, committedAgoMs } = activity;
    await beat(store, process, { takenAgoMs, committedAgoMs, redisTrouble });
  };
  await forgetDeadProcesses(store, (pid) => findProcess(pid) !== undefined).catch(onError);
  await beat(store, process).catch(onError);
  const beating = startPeriodic({ everyMs: BEAT_EVERY_MS, run, onError });
  return {
    id: process.id,
    stop: async () => {
      await beating.stop();
      await endBeating(store, process).catch(onError);
    },
  };
}

async function probeClients({ clients, keyPrefix }: HeartbeatOptions) {
  const troubles = await Promise.all(clients.map((client) => probeRedis(client, keyPrefix)));
  return troubles.find((trouble) => trouble !== undefined);
}
