import { Worker } from 'bullmq';
import {
  DELIVER_WEBHOOKS,
  type DeliverWebhooksData,
  type DeliverWebhooksResult,
  deliverWebhooksData,
} from '../../shared/contract/jobs.ts';
import { queuePrefix } from '../../shared/queue/checkout-queue.ts';
import type { RedisClient } from '../../shared/queue/connections.ts';
import type { WebhookQueue } from '../../shared/queue/webhook-queue.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { startPeriodic } from '../../shared/runtime/periodic.ts';
import { deliverToEndpoint } from './deliver-endpoint.ts';
import type { DeliveryContext } from './delivery-context.ts';

/** Endpoints that one worker delivers to at the same time. */
const ENDPOINTS_MAX = 32;
/** On shutdown, requests in flight get this long to be answered. */
const STOP_GRACE_MS = 4_000;
const STALLS_MAX = 3;
/** Endpoints that one sweep enqueues. */
const SWEEP_MAX = 500;

interface WebhookWorkerOptions {
  /** A connection of `connectPatiently`. */
  readonly redis: RedisClient;
  readonly keyPrefix: string;
  readonly queue: WebhookQueue;
  readonly onError: (error: unknown) => void;
}

/**
 * Runs the jobs of the `webhooks` queue. A job's lock is the lease on its endpoint; when it
 * completes, the endpoint's next job is added with the delay until something is due.
 */
export function startWebhookWorker(
  context: DeliveryContext,
  { redis, keyPrefix, queue, onError }: WebhookWorkerOptions,
): { stop(): Promise<void> } {
  const ending = new AbortController();
  const cutting = new AbortController();
  const stopping = { ending: ending.signal, cutting: cutting.signal };
  const worker = new Worker<DeliverWebhooksData, DeliverWebhooksResult>(
    DELIVER_WEBHOOKS.queue,
    ({ data }) => deliverToEndpoint(context, deliverWebhooksData.parse(data).webhookId, stopping),
    {
      connection: redis,
      prefix: queuePrefix(keyPrefix),
      concurrency: ENDPOINTS_MAX,
      lockDuration: context.times.lockMs,
      stalledInterval: context.times.lockMs / 2,
      maxStalledCount: STALLS_MAX,
    },
  );
  worker.on('error', (error) => context.log.debug({ reason: error.message }, 'webhook worker'));
  worker.on('failed', (_job, error) => onError(error));
  worker.on('completed', ({ data }, { nextAt }) => {
    if (nextAt === undefined) return;
    const delayMs = Math.max(0, Date.parse(nextAt) - context.clock.now().getTime());
    queue.enqueue([data.webhookId], delayMs).catch(onError);
  });
  const sweep = startPeriodic({
    everyMs: context.times.sweepEveryMs,
    onError,
    run: () => enqueueDue(context, queue),
  });
  return {
    stop: async () => {
      ending.abort();
      const closed = Promise.all([worker.close(), sweep.stop()]);
      const nap = new AbortController();
      await Promise.race([closed, pause(STOP_GRACE_MS, nap.signal)]);
      nap.abort();
      cutting.abort();
      await closed;
    },
  };
}

/** Adds a job for each endpoint that is due; where there is one already this changes nothing. */
export async function enqueueDue(
  { store, clock }: Pick<DeliveryContext, 'store' | 'clock'>,
  queue: WebhookQueue,
): Promise<void> {
  const now = clock.now();
  const due = await store.webhooks
    .find<{ readonly _id: string }>(
      { isEnabled: true, dueAt: { $lte: now }, pausedUntil: { $not: { $gt: now } } },
      { projection: { _id: 1 }, sort: { dueAt: 1 }, limit: SWEEP_MAX },
    )
    .toArray();
  await queue.enqueue(due.map(({ _id }) => _id));
}
