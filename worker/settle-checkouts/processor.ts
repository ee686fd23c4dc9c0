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

/** A dead worker's jobs are given to another after this long, and half as long again at most. */
const LOCK_DURATION_MS = 4_000;
const STALLED_INTERVAL_MS = 2_000;
/** One kill is bad luck, three are the job's fault; the sweep then adds another after a while. */
const STALLS_MAX = 3;
/** After a lost connection BullMQ would otherwise wait for 15 s before it fetches again. */
const RETRY_AFTER_MS = 1_000;
/** For fetches under way, and again for reporting jobs to Redis once the last batch is committed. */
const CLOSE_TIMEOUT_MS = 1_000;
/** While one batch commits, the next one fills. */
const BATCHES_HELD = 2;
const JOBS_HELD_MIN = 2;
/** A BullMQ worker fetches one job after the other; several of them fetch side by side. */
const FETCHERS = 4;

/** Takes wake-ups from the queue and settles their checkouts in batches. */
export interface SettleWorker {
  /** Jobs that this worker holds. */
  readonly batcher: GroupCommit<Settling, SettledInBatch>;
  /** Takes no more jobs and resolves when those it has are done. */
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

/** Begins to take jobs; whoever starts it closes it, and ends the connection after that. */
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
      // While a connection is down BullMQ waits for an event that never comes. What is settled but
      // not reported to Redis by then is found settled by whoever gets the job next.
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
  // Only what is out of the ordinary is logged: a line for each job would cost Redis a fifth more.
  if (wakeup > 0) note(job, `added by the recovery sweep: the ${wakeup}. job of this checkout`);
  if (job.stalledCounter > 0) note(job, 'taken over from a worker that died');
  try {
    return toJobResult(await batcher.submit({ checkoutId, lines }));
  } catch (error) {
    // What may pass is tried again, by the queue and then by the sweep, and ends nothing.
    const reason = errorMessage(error);
    const mayPass = isRetryable(error) || error instanceof QueueFullError;
    note(job, mayPass ? `will be tried again: ${reason}` : `parked: ${reason}`);
    if (mayPass) throw error;
    const isParked = await parkCheckout(ledger, checkoutId, reason);
    // Settled by somebody else meanwhile: the next try answers with what became of it.
    if (!isParked) throw error;
    throw new UnrecoverableError(`parked: ${reason}`);
  }
}

/** Writes into the job's log, for operators. That it may fail changes nothing. */
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
