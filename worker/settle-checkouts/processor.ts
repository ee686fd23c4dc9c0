import { type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import {
  type CheckoutResult,
  FINISHED_MINUTES_KEPT,
  type SettleCheckoutsData,
  type SettleCheckoutsResult,
  settleCheckoutsData,
} from '../../shared/contract/jobs.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import { parkCheckout } from '../../shared/ledger/park-checkout.ts';
import { type CheckoutQueue, toQueuePlace } from '../../shared/queue/checkout-queue.ts';
import { FETCH_AGAIN_AFTER_MS, type RedisClient } from '../../shared/queue/connections.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import { redactPersonal } from '../../shared/runtime/redact.ts';
import { isRetryable } from '../../shared/store/transaction.ts';
import type { Tracing } from '../../shared/tracing/tracing.ts';
import {
  type BatchObserver,
  createBatcher,
  PostponedError,
  type SettledInBatch,
  type Settling,
} from './batcher.ts';
import { LOCK_DURATION_MS, STALLED_INTERVAL_MS, takeOverJobs } from './takeover.ts';

/**
 * Within this time after a partition is given up, replies that were on their way bring further jobs.
 * These are settled like the current ones, which keeps their order.
 */
const REPLIES_MS_MAX = 500;
/** A job that kills its worker more often than this fails; the sweep adds another job later. */
const STALLS_MAX = 3;
/**
 * How long closing waits for pending fetches, and then for reporting the last batch's jobs to
 * Redis.
 */
const CLOSE_TIMEOUT_MS = 1_000;
/** While one batch commits, the next one fills, even if every job has one checkout only. */
const BATCHES_HELD = 2;
const JOBS_HELD_MIN = 2;

/** Takes the jobs of a partition, while it is active, and settles their checkouts in batches. */
export interface PartitionSettler {
  /** Begins to take jobs. */
  activate(): void;
  /**
   * Takes no more jobs; the current jobs are still settled. BullMQ does not end a read that waits
   * for a job. If it brings one later, the job goes back to the front of the queue.
   */
  deactivate(): void;
  /**
   * Takes no more jobs, and resolves when the checkouts of the current jobs are settled and, if
   * Redis answers in time, the jobs are reported as done.
   */
  close(): Promise<void>;
}

/** The parts that all partitions of a worker share. */
export interface SettlerOptions {
  readonly ledger: LedgerContext;
  readonly queue: CheckoutQueue;
  /** A connection of `connectPatiently`. */
  readonly redis: RedisClient;
  readonly keyPrefix: string;
  readonly batchMax: number;
  /** Called for each job that is taken from the queue. */
  readonly onTaken?: () => void;
  /** Called after each commit of a batch. */
  readonly onCommit?: () => void;
  readonly onBatch?: BatchObserver;
  /** Absent unless traces are configured. */
  readonly tracing?: Tracing | undefined;
  readonly log: Logger;
}

type SettleJob = Job<SettleCheckoutsData, SettleCheckoutsResult>;
type BullWorker = Worker<SettleCheckoutsData, SettleCheckoutsResult>;

/**
 * Connects to a partition's queue; the settler is inactive at first. Before it settles anything, it
 * takes the jobs of the worker from which it takes over, because these have older checkouts.
 */
export function openPartition(options: SettlerOptions, partition: number): PartitionSettler {
  const { ledger, queue, batchMax, onCommit, onBatch, onTaken, tracing } = options;
  const jobsHeld = Math.max(JOBS_HELD_MIN, BATCHES_HELD * batchMax);
  const batcher = createBatcher(ledger, batchMax, { onCommit, onBatch, tracing });
  const ownJobs = new Set<string>();
  const returnedJobs = new Set<string>();
  let activeUntil = Number.NEGATIVE_INFINITY;
  let takenOver = Promise.resolve(true);
  const worker = createWorker(options, partition, jobsHeld, async (job) => {
    if (performance.now() > activeUntil) return await giveBack(job);
    onTaken?.();
    ownJobs.add(job.id ?? '');
    returnedJobs.delete(job.id ?? '');
    try {
      if (!(await takenOver)) return await giveBack(job);
      return await settle({ ledger, batcher, tracing }, job);
    } finally {
      ownJobs.delete(job.id ?? '');
    }
  });
  worker.on('stalled', (id) => returnedJobs.add(id));
  worker.on('failed', (job) => returnedJobs.delete(job?.id ?? ''));
  const isActive = () => activeUntil === Number.POSITIVE_INFINITY;
  return {
    activate: () => {
      activeUntil = Number.POSITIVE_INFINITY;
      returnedJobs.clear();
      const jobs = { ownJobs, returnedJobs, jobsHeld };
      takenOver = takeOverJobs({ queue, partition, worker, ...jobs, isActive });
      worker.resume().catch(() => undefined);
    },
    deactivate: () => {
      activeUntil = performance.now() + REPLIES_MS_MAX;
      worker.pause(true).catch(() => undefined);
    },
    close: async () => {
      activeUntil = performance.now() + REPLIES_MS_MAX;
      const closed = worker.close();
      // While a connection is down BullMQ waits for an event that never comes. The next worker
      // takes the jobs that this one has not reported to Redis by then, and finds their checkouts
      // settled.
      await Promise.race([closed, pause(CLOSE_TIMEOUT_MS)]);
      await batcher.drained();
      await Promise.race([closed, pause(CLOSE_TIMEOUT_MS)]);
    },
  };
}

/**
 * Moves a job back to the front of the queue, for the worker that settles the partition now. If this
 * fails, that worker takes the job over once its lock has lapsed.
 * @throws WaitingError always, since BullMQ does not finish the job then
 */
async function giveBack(job: SettleJob): Promise<never> {
  await job.moveToWait(job.token).catch(() => undefined);
  throw new WaitingError();
}

function createWorker(
  { redis, keyPrefix, log }: SettlerOptions,
  partition: number,
  concurrency: number,
  process: (job: SettleJob) => Promise<SettleCheckoutsResult>,
): BullWorker {
  const { name, prefix } = toQueuePlace(redis, keyPrefix, partition);
  const worker: BullWorker = new Worker(name, process, {
    connection: redis,
    prefix,
    autorun: false,
    concurrency,
    lockDuration: LOCK_DURATION_MS,
    stalledInterval: STALLED_INTERVAL_MS,
    maxStalledCount: STALLS_MAX,
    runRetryDelay: FETCH_AGAIN_AFTER_MS,
    metrics: { maxDataPoints: FINISHED_MINUTES_KEPT },
  });
  worker.on('error', (error) => log.debug({ reason: error.message }, 'worker'));
  worker.on('failed', (job, error) => {
    const checkouts = settleCheckoutsData.safeParse(job?.data).data?.checkouts ?? [];
    const checkoutIds = checkouts.map(({ checkoutId }) => checkoutId);
    const attempt = job?.attemptsMade;
    log.warn({ job: job?.id, attempt, checkoutIds, reason: error.message }, 'job failed');
  });
  worker.on('stalled', (job) => log.warn({ job }, 'job taken over from a dead worker'));
  return worker;
}

interface SettleNeeds {
  readonly ledger: LedgerContext;
  readonly batcher: GroupCommit<Settling, SettledInBatch>;
  readonly tracing: Tracing | undefined;
}

/**
 * Settles the checkouts of a job, in batches that they share with checkouts of other jobs.
 * @throws the first error of a checkout that may succeed later, after all checkouts were tried;
 *   another attempt returns the outcomes of the settled checkouts immediately
 * @throws UnrecoverableError if all checkouts were parked
 */
async function settle(needs: SettleNeeds, job: SettleJob): Promise<SettleCheckoutsResult> {
  const { checkouts, isRecovery } = settleCheckoutsData.parse(job.data);
  // Only exceptions are logged: a line for each job would cost Redis a fifth more.
  if (isRecovery === true) logInJob(job, 'added by the recovery sweep');
  if (job.stalledCounter > 0) logInJob(job, 'taken over from a worker that died');
  const settling = checkouts.map((checkout) => settleOne(needs, job, checkout));
  const results = await Promise.all(settling);
  const settled = results.map((result) => {
    if (result instanceof Error) throw result;
    return result;
  });
  if (settled.every(({ status }) => status === 'failed')) {
    throw new UnrecoverableError(`parked: ${settled[0]?.reason}`);
  }
  return { checkouts: settled };
}

/** Returns the outcome of one checkout, or an error that another attempt may avoid. */
async function settleOne(
  needs: SettleNeeds,
  job: SettleJob,
  checkout: Settling,
): Promise<CheckoutResult | Error> {
  try {
    return toCheckoutResult(await needs.batcher.submit(checkout));
  } catch (error) {
    const { checkoutId } = checkout;
    const reason = redactPersonal(errorMessage(error));
    const failure = error instanceof Error ? error : new Error(reason);
    const isTemporary = isRetryable(error) || error instanceof PostponedError;
    logInJob(
      job,
      `${checkoutId} ${isTemporary ? 'will be tried again' : 'to be parked'}: ${reason}`,
    );
    if (isTemporary) return failure;
    // The checkout is not parked if another worker has settled it in the meantime, or if the
    // database fails. The next attempt of the job then returns the outcome or parks the checkout.
    const isParked = await park(needs, checkout, reason).catch((parkError: unknown) => {
      logInJob(job, `${checkoutId} not parked: ${redactPersonal(errorMessage(parkError))}`);
      return false;
    });
    return isParked ? { checkoutId, status: 'failed', reason } : failure;
  }
}

/** Parks a checkout, within a span of its trace; returns false if it has an outcome already. */
async function park(
  { ledger, tracing }: SettleNeeds,
  { checkoutId, traceparent: parent }: Settling,
  reason: string,
): Promise<boolean> {
  const work = () => parkCheckout(ledger, checkoutId, reason);
  if (tracing === undefined || parent === undefined) return work();
  const attributes = { 'lastunit.checkout.id': checkoutId };
  const span = tracing.start('park checkout', { parent, attributes });
  try {
    return await tracing.run(span, work);
  } finally {
    span.end();
  }
}

/** Writes a line into the job's log, for operators; a failure changes nothing. */
function logInJob(job: SettleJob, text: string): void {
  job.log(`${new Date().toISOString()} ${text}`).catch(() => undefined);
}

function toCheckoutResult(settled: SettledInBatch): CheckoutResult {
  const { checkoutId, status, orderIds, rejection, acceptedAt, batch, lockMs, commitMs } = settled;
  const ms = acceptedAt ? Date.now() - acceptedAt.getTime() : 0;
  return {
    checkoutId,
    status,
    ...(orderIds.length > 0 && { orders: orderIds }),
    ...(rejection && { rejection: rejection.code }),
    batch,
    ms,
    ...(lockMs !== undefined && { lockMs }),
    ...(commitMs !== undefined && { commitMs }),
  };
}
