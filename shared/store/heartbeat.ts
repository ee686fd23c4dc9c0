import { hostname } from 'node:os';
import mongoose from 'mongoose';
import { DeadlineError, withDeadline } from '../runtime/deadline.ts';
import { newId } from '../runtime/ids.ts';
import type { ProcessRecord } from './collections/processes.ts';
import type { Store } from './store.ts';

const { MongoServerError } = mongoose.mongo;

/** How often a process records that it is alive. */
export const HEARTBEAT_EVERY_MS = 2_000;
/** The server ends the write before this process stops waiting for it. */
const HEARTBEAT_SERVER_TIMEOUT_MS = 2_500;
const HEARTBEAT_TIMEOUT_MS = 3_000;
const READ_TIMEOUT_MS = 2_500;
const PROCESSES_READ_MAX = 200;

/** A process that writes heartbeats. */
export interface HeartbeatProcess {
  readonly id: string;
  readonly kind: ProcessRecord['kind'];
}

/** The state that a process reports with a heartbeat. It has ages, because clocks differ. */
export interface HeartbeatReport {
  /** How long ago a worker last took a checkout from the queue. */
  readonly takenAgoMs?: number | undefined;
  /** How long ago it last committed a batch. */
  readonly committedAgoMs?: number | undefined;
  /** How long ago it last gave freed units to a waiting checkout. */
  readonly servedAgoMs?: number | undefined;
  /** How long these units had been free. */
  readonly servedFreeMs?: number | undefined;
  /** The partitions that a worker settles. A worker without partitions is a standby. */
  readonly partitions?: readonly number[] | undefined;
  readonly redisTrouble?: string | undefined;
  /** Requests that an API refused because of the load since it started, by reason. */
  readonly shed?: Readonly<Record<string, number>> | undefined;
}

/** A process with its state at its last heartbeat, and ages by the database server's clock. */
export interface KnownProcess
  extends Pick<
    ProcessRecord,
    '_id' | 'host' | 'pid' | 'isStandby' | 'partitions' | 'redisTrouble' | 'servedFreeMs'
  > {
  readonly startedAgoMs: number;
  readonly seenAgoMs: number;
  readonly takenAgoMs?: number;
  readonly committedAgoMs?: number;
  readonly servedAgoMs?: number;
}

/** The ids of the records that this process writes. */
const ownIds = new Set<string>();

/** Identifies this process by a new id. */
export function newProcess(kind: HeartbeatProcess['kind']): HeartbeatProcess {
  const id = newId('prc');
  ownIds.add(id);
  return { id, kind };
}

/**
 * Records that the process is alive. It writes with majority and journal, as real work does, so it
 * also shows whether MongoDB works.
 * @throws Error after at most 3 s
 */
export async function recordHeartbeat(
  store: Store,
  { id, kind }: HeartbeatProcess,
  report: HeartbeatReport = {},
): Promise<void> {
  const { takenAgoMs, committedAgoMs, servedAgoMs, servedFreeMs } = report;
  const { partitions, redisTrouble, shed } = report;
  const ago = (ms: number | undefined) =>
    ms === undefined ? '$$REMOVE' : { $subtract: ['$$NOW', Math.round(ms)] };
  const written = store.processes.updateOne(
    { _id: id },
    [
      {
        $set: {
          kind,
          host: { $literal: hostname() },
          pid: process.pid,
          startedAt: { $ifNull: ['$startedAt', '$$NOW'] },
          seenAt: '$$NOW',
          takenAt: ago(takenAgoMs),
          committedAt: ago(committedAgoMs),
          servedAt: ago(servedAgoMs),
          servedFreeMs: servedFreeMs ?? '$$REMOVE',
          isStandby: partitions?.length === 0,
          partitions: partitions ?? '$$REMOVE',
          redisTrouble: redisTrouble === undefined ? '$$REMOVE' : { $literal: redisTrouble },
          shed: shed === undefined ? '$$REMOVE' : { $literal: shed },
        },
      },
    ],
    { upsert: true, maxTimeMS: HEARTBEAT_SERVER_TIMEOUT_MS },
  );
  await withDeadline('a heartbeat', HEARTBEAT_TIMEOUT_MS, written);
}

/** Removes the record of a process that stops, so that it is not reported as silent. */
export async function endHeartbeats(store: Store, { id }: HeartbeatProcess): Promise<void> {
  const removed = store.processes.deleteOne({ _id: id });
  await withDeadline('the last heartbeat', HEARTBEAT_TIMEOUT_MS, removed);
}

/**
 * Removes the records of processes of this host that no longer run. Examines up to 200 records. In
 * a restarted container this process has the host and the pid of the process that it replaces, so
 * of the records with its pid only its own count as alive.
 */
export async function forgetDeadProcesses(
  store: Store,
  isAlive: (pid: number) => boolean,
): Promise<void> {
  const processes = store.processes;
  const ofHost = await processes.find({ host: hostname() }).limit(PROCESSES_READ_MAX).toArray();
  const isOfLiving = ({ _id, pid }: ProcessRecord) =>
    pid === process.pid ? ownIds.has(_id) : isAlive(pid);
  const dead = ofHost.filter((record) => !isOfLiving(record)).map(({ _id }) => _id);
  if (dead.length > 0) await processes.deleteMany({ _id: { $in: dead } });
}

/**
 * Returns up to 200 workers whose record has not been removed, the longest silent first.
 * @throws Error after at most 2.5 s
 */
export async function readWorkers(store: Store): Promise<KnownProcess[]> {
  const age = (field: string) => ({ $subtract: ['$$NOW', `$${field}`] });
  const ageIfAny = (field: string) => ({
    $cond: [{ $eq: [{ $type: `$${field}` }, 'date'] }, age(field), '$$REMOVE'],
  });
  const read = store.processes
    .aggregate<KnownProcess>(
      [
        { $match: { kind: 'worker' } },
        { $sort: { seenAt: 1 } },
        { $limit: PROCESSES_READ_MAX },
        {
          $project: {
            host: 1,
            pid: 1,
            isStandby: 1,
            partitions: 1,
            redisTrouble: 1,
            servedFreeMs: 1,
            startedAgoMs: age('startedAt'),
            seenAgoMs: age('seenAt'),
            takenAgoMs: ageIfAny('takenAt'),
            committedAgoMs: ageIfAny('committedAt'),
            servedAgoMs: ageIfAny('servedAt'),
          },
        },
      ],
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  return withDeadline('reading the workers', READ_TIMEOUT_MS, read);
}

/** Why MongoDB cannot be used. */
export type StoreTrouble = 'unreachable' | 'slow' | 'not_writable' | 'full' | 'refused';

const MAX_TIME_EXPIRED = 50;
const OUT_OF_DISK_SPACE = 14_031;
const NOT_WRITABLE = new Set([10_107, 13_435, 13_436, 11_602, 189, 91]);

/** Classifies the error of a heartbeat. */
export function toStoreTrouble(error: unknown): StoreTrouble {
  if (error instanceof DeadlineError) return 'slow';
  if (!(error instanceof MongoServerError)) return 'unreachable';
  const code = Number(error.code);
  if (code === MAX_TIME_EXPIRED) return 'slow';
  if (code === OUT_OF_DISK_SPACE) return 'full';
  return NOT_WRITABLE.has(code) ? 'not_writable' : 'refused';
}
