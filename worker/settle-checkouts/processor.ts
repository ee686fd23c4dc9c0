import { type Job, UnrecoverableError, Worker } from 'bullmq';
import {
  SETTLE_CHECKOUT,
  type SettleCheckoutData,
  type SettleCheckoutResult,
  settleCheckoutData,
} from '../../shared/contract/jobs.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import { parkCheckout } from '../../shared/ledger/park-checkout.ts';
import { queuePrefix } from '../../shared/queue/checkout-queue.ts';
import type { RedisClient } from '../../shared/queue/connections.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { type GroupCommit, QueueFullError } from '../../shared/runtime/group-commit.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import { isRetryable } from '../../shared/store/transaction.ts';
import {
  type BatchObserver,
  createBatcher,
  type SettledInBatch,
  type Settling,
} from './batcher.ts';

/**
 * Another worker takes over a dead worker's jobs after this long, and half as long again at most.
 */
const LOCK_DURATION_MS = 4_000;
const STALLED_INTERVAL_MS = 2_000;
/** A job survives this many dead workers; then it fails, and the recovery sweep adds another. */
const STALLS_MAX = 3;
/** BullMQ's default is to wait 15 s after a lost connection before it fetches again. */
const RETRY_AFTER_MS = 1_000;
/** Bounds the wait for pending fetches, and again the report of the last batch's jobs to Redis. */
const CLOSE_TIMEOUT_MS = 1_000;
/** While one batch commits, the next one fills. */
const BATCHES_HELD = 2;
const JOBS_HELD_MIN = 2;
/**
 * BullMQ workers in this process: each fetches one job after another, and they fetch in parallel.
 */
const FETCHERS = 4;

/** Takes jobs from the queue and settles their checkouts in batches. */
export interface SettleWorker {
  /** Holds the checkouts of the jobs that this worker has taken. */
  readonly batcher: GroupCommit<Settling, SettledInBatch>;
  /** Takes no more jobs and resolves when the taken ones are done. */
  close(): Promise<void>;
}

interface SettleWorkerOptions {
  readonly ledger: LedgerContext;
  /** A connection of `connectPatiently`. */
  readonly redis: RedisClient;
  readonly keyPrefix: string;
  readonly batchMax: number;
  /** Called for each job that is taken from the queue. */
  readonly onTaken?: () => void;
  readonly onBatch?: BatchObserver;
  readonly log: Logger;
}

type SettleJob = Job<SettleCheckoutData, SettleCheckoutResult>;

/** Starts to take jobs. The caller closes it, and the connection after that. */
export function startSettling(options: SettleWorkerOptions): SettleWorker {
  const { ledger, batchMax, onBatch } = options;
  const jobsHeld = Math.max(JOBS_HELD_MIN, BATCHES_HELD * batchMax);
  const fetchers = Math.min(FETCHERS, jobsHeld);
  const waitingMax = fetchers * Math.ceil(jobsHeld / fetchers);
  const batcher = createBatcher(ledger, batchMax, waitingMax, onBatch);
  const workers = Array.from({ length: fetchers }, () =>
    startFetcher(options, batcher, Math.ceil(jobsHeld / fetchers)),
  );
  return {
    batcher,
    close: async () => {
      const closed = Promise.all(workers.map((worker) => worker.close()));
      // BullMQ waits in vain while a connection is down. The next worker that gets the job of a
      // checkout which is settled but not reported to Redis finds it settled.
      await Promise.race([closed, pause(CLOSE_TIMEOUT_MS)]);
      await batcher.drained();
      await Promise.race([closed, pause(CLOSE_TIMEOUT_MS)]);
    },
  };
}

function startFetcher(
  { ledger, redis, keyPrefix, log, onTaken }: SettleWorkerOptions,
  batcher: GroupCommit<Settling, SettledInBatch>,
  concurrency: number,
): Worker<SettleCheckoutData, SettleCheckoutResult> {
  const worker = new Worker<SettleCheckoutData, SettleCheckoutResult>(
    SETTLE_CHECKOUT.queue,
    (job) => {
      onTaken?.();
      return settle(ledger, batcher, job);
    },
    {
      connection: redis,
      prefix: queuePrefix(keyPrefix),
      concurrency,
      lockDuration: LOCK_DURATION_MS,
      stalledInterval: STALLED_INTERVAL_MS,
      maxStalledCount: STALLS_MAX,
      runRetryDelay: RETRY_AFTER_MS,
    },
  );
  worker.on('error', (error) => log.debug({ reason: error.message }, 'worker'));
  worker.on('failed', (job, error) =>
    log.warn({ job: job?.id, attempt: job?.attemptsMade, reason: error.message }, 'job failed'),
  );
  worker.on('stalled', (job) => log.warn({ job }, 'job taken over from a dead worker'));
  return worker;
}

async function settle(
  ledger: LedgerContext,
  batcher: GroupCommit<Settling, SettledInBatch>,
  job: SettleJob,
): Promise<SettleCheckoutResult> {
  const { checkoutId, lines, wakeup } = settleCheckoutData.parse(job.data);
  // Logs only the unusual: one line for every job would cost Redis a fifth more.
  if (wakeup > 0) note(job, `added by the recovery sweep, as extra job ${wakeup} of this checkout`);
  if (job.stalledCounter > 0) note(job, 'taken over from a worker that died');
  try {
    return toJobResult(await batcher.submit({ checkoutId, lines }));
  } catch (error) {
    const reason = errorMessage(error);
    // The queue retries it, and then the recovery sweep; it never ends a checkout.
    const willRetry = isRetryable(error) || error instanceof QueueFullError;
    note(job, willRetry ? `will be tried again: ${reason}` : `parked: ${reason}`);
    if (willRetry) throw error;
    const isParked = await parkCheckout(ledger, checkoutId, reason);
    // Another worker settled it meanwhile: the next try returns its outcome.
    if (!isParked) throw error;
    throw new UnrecoverableError(`parked: ${reason}`);
  }
}

/** Writes into the job's log, for operators; a failure changes nothing. */
function note(job: SettleJob, text: string): void {
  job.log(`${new Date().toISOString()} ${text}`).catch(() => undefined);
}

function toJobResult(settled: SettledInBatch): SettleCheckoutResult {
  const { status, orderIds, rejection, acceptedAt, batch } = settled;
  const ms = acceptedAt ? Date.now() - acceptedAt.getTime() : 0;
  return {
    status,
    ...(orderIds.length > 0 && { orders: orderIds }),
    ...(rejection && { rejection: rejection.code }),
    batch,
    ms,
  };
}
