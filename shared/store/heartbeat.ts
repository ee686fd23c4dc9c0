import { hostname } from 'node:os';
import mongoose from 'mongoose';
import { DeadlineError, withDeadline } from '../runtime/deadline.ts';
import { newId } from '../runtime/ids.ts';
import type { ProcessRecord } from './collections/processes.ts';
import type { Store } from './store.ts';

const { MongoServerError } = mongoose.mongo;

/** How often a process records that it is alive. */
export const BEAT_EVERY_MS = 2_000;
/** A beat is ended by the server before it is given up here. */
const BEAT_SERVER_TIMEOUT_MS = 2_500;
const BEAT_TIMEOUT_MS = 3_000;
const READ_TIMEOUT_MS = 2_500;
const PROCESSES_READ_MAX = 200;

/** A process that beats. */
export interface BeatingProcess {
  readonly id: string;
  readonly kind: ProcessRecord['kind'];
}

/** What a worker reports with a beat; times as ages, since clocks differ. */
export interface BeatReport {
  readonly takenAgoMs?: number | undefined;
  readonly committedAgoMs?: number | undefined;
  readonly redisTrouble?: string | undefined;
}

/** What is known of a process, with ages as the database server sees them. */
export interface KnownProcess extends Pick<ProcessRecord, '_id' | 'host' | 'pid' | 'redisTrouble'> {
  readonly startedAgoMs: number;
  readonly seenAgoMs: number;
  readonly takenAgoMs?: number;
  readonly committedAgoMs?: number;
}

/** A name for this process in the record. */
export function newProcess(kind: BeatingProcess['kind']): BeatingProcess {
  return { id: newId('prc'), kind };
}

/**
 * Records that the process is alive. This is the kind of write that the work needs, with majority
 * and journal, so it also shows whether MongoDB can be worked with.
 * @throws Error after 3 s at most
 */
export async function beat(
  store: Store,
  { id, kind }: BeatingProcess,
  report: BeatReport = {},
): Promise<void> {
  const { takenAgoMs, committedAgoMs, redisTrouble } = report;
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
          redisTrouble: redisTrouble === undefined ? '$$REMOVE' : { $literal: redisTrouble },
        },
      },
    ],
    { upsert: true, maxTimeMS: BEAT_SERVER_TIMEOUT_MS },
  );
  await withDeadline('a heartbeat', BEAT_TIMEOUT_MS, written);
}

/** Removes the record of a process that ends, so that nobody misses it. */
export async function endBeating(store: Store, { id }: BeatingProcess): Promise<void> {
  const removed = store.processes.deleteOne({ _id: id });
  await withDeadline('the last heartbeat', BEAT_TIMEOUT_MS, removed);
}

/** Removes records that processes of this host have left behind when they were killed. */
export async function forgetDeadProcesses(
  store: Store,
  isAlive: (pid: number) => boolean,
): Promise<void> {
  const processes = store.processes;
  const ofHost = await processes.find({ host: hostname() }).limit(PROCESSES_READ_MAX).toArray();
  const dead = ofHost.filter(({ pid }) => !isAlive(pid)).map(({ _id }) => _id);
  if (dead.length > 0) await processes.deleteMany({ _id: { $in: dead } });
}

/**
 * Workers that have been seen within the last minutes, those that have been silent longest first.
 * @throws Error after 2.5 s at most
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
            redisTrouble: 1,
            startedAgoMs: age('startedAt'),
            seenAgoMs: age('seenAt'),
            takenAgoMs: ageIfAny('takenAt'),
            committedAgoMs: ageIfAny('committedAt'),
          },
        },
      ],
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  return withDeadline('reading the workers', READ_TIMEOUT_MS, read);
}

/** Why MongoDB cannot be worked with. */
export type StoreTrouble = 'unreachable' | 'slow' | 'not_writable' | 'full' | 'refused';

const MAX_TIME_EXPIRED = 50;
const OUT_OF_DISK_SPACE = 14_031;
const NOT_WRITABLE = new Set([10_107, 13_435, 13_436, 11_602, 189, 91]);

/** What the error of a beat means. */
export function toStoreTrouble(error: unknown): StoreTrouble {
  if (error instanceof DeadlineError) return 'slow';
  if (!(error instanceof MongoServerError)) return 'unreachable';
  const code = Number(error.code);
  if (code === MAX_TIME_EXPIRED) return 'slow';
  if (code === OUT_OF_DISK_SPACE) return 'full';
  return NOT_WRITABLE.has(code) ? 'not_writable' : 'refused';
}
