import { toHomeProduct, toPartition } from '../../shared/contract/partitions.ts';
import type { CheckoutQueue } from '../../shared/queue/checkout-queue.ts';
import type { RedisClient } from '../../shared/queue/connections.ts';
import { probeRedis, type RedisTrouble } from '../../shared/queue/probe-redis.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import {
  type HeartbeatProcess,
  readWorkers,
  recordHeartbeat,
  type StoreTrouble,
  toStoreTrouble,
} from '../../shared/store/heartbeat.ts';
import { readBacklog } from '../../shared/store/read-backlog.ts';
import type { Store } from '../../shared/store/store.ts';
import { type Backlog, toWorkerStates, type WorkerState } from './worker-state.ts';

const COUNTED_MAX = 10_000;

/** A part of the system that has a problem. */
export type Problem =
  | { readonly part: 'mongodb'; readonly code: StoreTrouble }
  | { readonly part: 'redis'; readonly code: RedisTrouble }
  | {
      readonly part: 'workers';
      readonly code: 'none' | Exclude<WorkerState, 'working'>;
      /** The id of the worker; absent with `none`. */
      readonly worker?: string;
    };

/** A worker as this process sees it. */
export interface SeenWorker {
  readonly id: string;
  readonly state: WorkerState;
  readonly host: string;
  readonly pid: number;
  readonly isStandby?: boolean;
  readonly partitions?: readonly number[];
  readonly seenAgoMs: number;
  /** The time since the worker last took a checkout from the queue, and last committed a batch. */
  readonly takenAgoMs?: number;
  readonly committedAgoMs?: number;
  /**
   * When the worker last gave freed units to a waiting checkout, and how long they had been free.
   */
  readonly servedAgoMs?: number;
  readonly servedFreeMs?: number;
}

/** The result of a health check by one API process. */
export interface Health {
  readonly status: 'ready' | 'degraded' | 'unavailable';
  readonly problems: readonly Problem[];
  /** `backlog` and `workers` are absent if MongoDB did not answer in time. */
  readonly backlog?: Backlog;
  readonly workers?: readonly SeenWorker[];
}

export interface HealthOptions {
  readonly store: Store;
  readonly redis: RedisClient;
  readonly queue: Pick<CheckoutQueue, 'partitions'>;
  readonly keyPrefix: string;
  readonly clock: Clock;
  /** This API process, which writes a heartbeat. */
  readonly process: HeartbeatProcess;
  /** The requests that this process has refused because of the load. */
  readonly shed: { readonly all: Readonly<Record<string, number>> };
}

/**
 * Checks the system with the kinds of writes that its work needs: one to MongoDB with majority and
 * journal, and one to Redis. Each part has its own deadline of at most 3 s.
 */
export async function readHealth(options: HealthOptions): Promise<Health> {
  const { store, redis, queue, keyPrefix, clock, process, shed } = options;
  const [storeTrouble, redisTrouble, backlog, processes] = await Promise.all([
    recordHeartbeat(store, process, { shed: shed.all }).then(() => undefined, toStoreTrouble),
    probeRedis(redis, keyPrefix),
    readPartitionBacklog(store, queue.partitions, clock.now()).catch(() => undefined),
    readWorkers(store).catch(() => undefined),
  ]);
  const states = processes && toWorkerStates(processes, backlog);
  const workers = processes?.map(
    ({ _id, startedAgoMs: _, redisTrouble: __, ...seen }, index): SeenWorker => ({
      id: _id,
      state: states?.[index] ?? 'working',
      ...seen,
    }),
  );
  const problems: Problem[] = [];
  if (storeTrouble !== undefined) problems.push({ part: 'mongodb', code: storeTrouble });
  if (redisTrouble !== undefined) problems.push({ part: 'redis', code: redisTrouble });
  if (workers !== undefined) problems.push(...toWorkerProblems(workers));
  const status =
    storeTrouble !== undefined ? 'unavailable' : problems.length > 0 ? 'degraded' : 'ready';
  return { status, problems, ...(backlog && { backlog }), ...(workers && { workers }) };
}

function toWorkerProblems(workers: readonly SeenWorker[]): Problem[] {
  const problems = workers.flatMap(({ id, state }): Problem[] =>
    state === 'working' ? [] : [{ part: 'workers', code: state, worker: id }],
  );
  const isNoneWorking = problems.length === workers.length;
  return isNoneWorking ? [{ part: 'workers', code: 'none' }, ...problems] : problems;
}

async function readPartitionBacklog(store: Store, partitions: number, now: Date): Promise<Backlog> {
  const { oldestLines, ...backlog } = await readBacklog(store, now, { countedMax: COUNTED_MAX });
  if (oldestLines === undefined) return backlog;
  return { ...backlog, partition: toPartition(toHomeProduct(oldestLines), partitions) };
}
