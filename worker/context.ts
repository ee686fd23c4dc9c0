import { forgetOldLapses } from '../shared/ledger/lapses/forget-lapses.ts';
import type { LedgerContext } from '../shared/ledger/ledger.ts';
import { createLocks, type Locks } from '../shared/locks/product-locks.ts';
import { type CheckoutQueue, openCheckoutQueue } from '../shared/queue/checkout-queue.ts';
import {
  checkEvictionPolicyIfReachable,
  connectFailingFast,
  connectPatiently,
} from '../shared/queue/connections.ts';
import { createFreedUnitsQueue, type FreedUnitsQueue } from '../shared/queue/freed-units-queue.ts';
import { openWebhookQueue } from '../shared/queue/webhook-queue.ts';
import { type Clock, systemClock } from '../shared/runtime/clock.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';
import type { Logger } from '../shared/runtime/logger.ts';
import { type Periodic, startPeriodic } from '../shared/runtime/periodic.ts';
import { checkMayWrite, findServerWarning } from '../shared/store/check-server.ts';
import { checkIndexes } from '../shared/store/indexes.ts';
import { migrate } from '../shared/store/migrate.ts';
import { openStore, type Store } from '../shared/store/store.ts';
import { openTelemetry } from '../shared/tracing/open-telemetry.ts';
import { CLEAN_IMPORTS_EVERY_MS, cleanImports } from './clean-imports/import-sweep.ts';
import type { WorkerConfig } from './config.ts';
import { startWebhooks, type WebhookOverrides } from './deliver-webhooks/start-webhooks.ts';
import {
  EXPIRE_EVERY_MS,
  expireReservations,
  RetryLater,
} from './expire-reservations/expiry-sweep.ts';
import { startFanOut } from './fan-out-events/fan-out.ts';
import { Activity, startHeartbeat } from './heartbeat/heartbeat.ts';
import { startIndexing } from './index-search/index-search.ts';
import { startJudging } from './judge-record/judge-record.ts';
import { createWorkerMetrics, type WorkerMetrics } from './metrics/worker-metrics.ts';
import { PASS_TIMES_EVERY_MS, passSaleTimes } from './pass-sale-times/sale-time-sweep.ts';
import { RECOVER_EVERY_MS, recoverCheckouts } from './recover-checkouts/recovery-sweep.ts';
import { startRelay } from './relay-events/relay.ts';
import { DrawRunner, RUN_DRAWS_EVERY_MS } from './run-draws/draw-sweep.ts';
import { serveFreed } from './serve-waiting/serve-freed.ts';
import { createWaitingSweep, SERVE_WAITING_EVERY_MS } from './serve-waiting/waiting-sweep.ts';
import type { BatchObserver } from './settle-checkouts/batcher.ts';
import { startSettling } from './settle-checkouts/start-settling.ts';
import { waitForRedis } from './wait-for-redis.ts';

const FORGET_LAPSES_EVERY_MS = 10_000;

/** A running worker and its connections. */
export interface WorkerContext {
  /** The id of this worker in the record of processes. */
  readonly id: string;
  readonly log: Logger;
  readonly store: Store;
  readonly queue: CheckoutQueue;
  /** Stops all activities and closes the connections, in an order that loses no work. */
  close(): Promise<void>;
}

interface Overrides {
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly locks?: Locks;
  readonly webhooks?: WebhookOverrides;
  readonly metrics?: WorkerMetrics;
}

/** Connects to MongoDB and Redis, and starts the worker's activities. */
export async function startWorker(
  config: WorkerConfig,
  overrides: Overrides = {},
): Promise<WorkerContext> {
  const clock = overrides.clock ?? systemClock;
  const metrics = overrides.metrics ?? createWorkerMetrics();
  const { log, tracing } = await openTelemetry('worker', config, overrides.log);
  const store = await openStore(config.mongodbUrl, config.databaseName);
  await migrate(store, { notify: (notice) => log.warn(notice) });
  await checkIndexes(store);
  await checkMayWrite(store);
  const advice = await findServerWarning(store);
  if (advice !== undefined) log.warn(advice);
  const onError = (error: Error) => log.debug({ reason: error.message }, 'redis');
  const redis = connectFailingFast({ url: config.redisUrl, onError });
  const consumer = connectPatiently({ url: config.redisUrl, onError });
  await waitForRedis(consumer, log);
  if (!(await checkEvictionPolicyIfReachable(consumer))) {
    log.warn('Redis did not report its eviction policy in time');
  }
  const queue = openCheckoutQueue(redis, config.keyPrefix, config.partitions);
  const relay = startRelay({ store, redis, keyPrefix: config.keyPrefix, onError: report(log) });
  const ledger: LedgerContext = {
    store,
    clock,
    locks: overrides.locks ?? createLocks(redis, config.keyPrefix),
    reservationTtlMs: config.reservationTtlMs,
    onCommitted: (entry) => {
      metrics.committed(entry);
      relay.publish(entry);
    },
    onFreed: (freed) => freedUnits.add(freed),
    onServed: (freeMs) => {
      activity.served(freeMs);
      metrics.served(freeMs);
    },
    onParked: (checkoutId, reason) => log.error({ checkoutId, reason }, 'parked a checkout'),
  };
  const freedUnits = createFreedUnitsQueue((variantIds) =>
    serveFreed({ ledger, queue }, variantIds),
  );
  const { keyPrefix, batchMax } = config;
  const activity = new Activity();
  const onTaken = () => activity.taken();
  const onCommit = () => activity.committed();
  const onPartitions = (partitions: readonly number[]) => {
    activity.partitions = partitions;
  };
  const onBatch: BatchObserver = (batch) => {
    if (batch.isCommitted) activity.committed();
    metrics.batch(batch);
  };
  const clients = [redis, consumer];
  const heartbeatOptions = { store, clients, keyPrefix, activity, log, onError: report(log) };
  const heartbeat = await startHeartbeat(heartbeatOptions);
  const settlingOptions = { ledger, queue, redis: consumer, keyPrefix, batchMax, log, tracing };
  const settling = startSettling({ ...settlingOptions, onTaken, onCommit, onBatch, onPartitions });
  const sweeps = startSweeps({ ledger, queue, activity, log, freedUnits });
  const judging = startJudging({ store, clock, onError: report(log) });
  const indexing = startIndexing({ store, onError: report(log) });
  const rules = config.webhookTargets ?? { allowedRanges: [], isHttpAllowed: false };
  const onAttempt = metrics.attempted;
  const webhookQueue = openWebhookQueue(redis, keyPrefix);
  const fanOutOptions = { store, clock, queue: webhookQueue, tracing, onError: report(log) };
  const fanOut = startFanOut(fanOutOptions);
  const { secretsKey } = config;
  const webhookOptions = {
    ...fanOutOptions,
    log,
    rules,
    onAttempt,
    secretsKey,
    consumer,
    keyPrefix,
  };
  const webhooks = startWebhooks(webhookOptions, overrides.webhooks);
  return {
    id: heartbeat.id,
    log,
    store,
    queue,
    close: async () => {
      const stopping = [judging, indexing, fanOut, ...sweeps].map((sweep) => sweep.stop());
      await Promise.all([heartbeat.stop(), settling.close(), webhooks.stop(), ...stopping]);
      await Promise.all([relay.stop(), freedUnits.stop()]);
      await Promise.all([queue.close(), webhookQueue.close()]).catch(() => undefined);
      redis.disconnect();
      consumer.disconnect();
      await store.close();
      await tracing?.close();
    },
  };
}

interface SweepNeeds {
  readonly ledger: LedgerContext;
  readonly queue: CheckoutQueue;
  readonly activity: Activity;
  readonly log: Logger;
  readonly freedUnits: FreedUnitsQueue;
}

function startSweeps({ ledger, queue, activity, log, freedUnits }: SweepNeeds): Periodic[] {
  const { store, clock } = ledger;
  const recovery = startPeriodic({
    everyMs: RECOVER_EVERY_MS,
    onError: report(log),
    run: async (signal) => {
      // One worker is enough to run this sweep: the worker that settles the first partition.
      if (!activity.partitions.includes(0)) return;
      const added = await recoverCheckouts({ store, queue, clock }, signal);
      if (added > 0) log.info({ added }, 'enqueued checkouts that had no job');
    },
  });
  const retryLater = new RetryLater();
  const expiry = startPeriodic({
    everyMs: EXPIRE_EVERY_MS,
    onError: report(log),
    run: async (signal) => {
      const expired = await expireReservations(ledger, signal, retryLater);
      if (expired > 0) log.info({ expired }, 'expired reservations');
    },
  });
  const importSweep = startPeriodic({
    everyMs: CLEAN_IMPORTS_EVERY_MS,
    onError: report(log),
    run: async (signal) => {
      const finished = await cleanImports(store, signal);
      if (finished > 0) log.info({ finished }, 'finished imports of processes that have ended');
    },
  });
  const saleTimes = startPeriodic({
    everyMs: PASS_TIMES_EVERY_MS,
    onError: report(log),
    run: async (signal) => void (await passSaleTimes(ledger, signal)),
  });
  const waiting = startPeriodic({
    everyMs: SERVE_WAITING_EVERY_MS,
    onError: report(log),
    run: createWaitingSweep({ ledger, freedUnits }),
  });
  const drawRunner = new DrawRunner(ledger);
  const draws = startPeriodic({
    everyMs: RUN_DRAWS_EVERY_MS,
    onError: report(log),
    run: async (signal) => {
      if (await drawRunner.round(signal)) draws.trigger();
    },
  });
  const forgetting = startPeriodic({
    everyMs: FORGET_LAPSES_EVERY_MS,
    onError: report(log),
    run: (signal) => forgetOldLapses(ledger, signal),
  });
  return [recovery, expiry, importSweep, saleTimes, waiting, draws, forgetting];
}

function report(log: Logger): (error: unknown) => void {
  return (error) => {
    const reason = errorMessage(error);
    log.warn({ reason }, 'will try again');
  };
}
