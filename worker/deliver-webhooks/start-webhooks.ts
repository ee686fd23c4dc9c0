import { Worker } from 'bullmq';
import {
  type DeliverWebhooksData,
  type DeliverWebhooksResult,
  deliverWebhooksData,
  FINISHED_MINUTES_KEPT,
} from '../../shared/contract/jobs.ts';
import { FETCH_AGAIN_AFTER_MS, type RedisClient } from '../../shared/queue/connections.ts';
import { toWebhookPlace, type WebhookQueue } from '../../shared/queue/webhook-queue.ts';
import { type Periodic, startPeriodic } from '../../shared/runtime/periodic.ts';
import { deliverToEndpoint } from './deliver-endpoint.ts';
import { DELIVERY_TIMES, type DeliveryContext, type DeliveryTimes } from './delivery-context.ts';
import { cacheNames, dnsResolver, type NameResolver } from './send-delivery.ts';

/** The most endpoints that one worker delivers to at the same time. */
const ENDPOINTS_MAX = 32;
/** How long requests in flight may take at shutdown. */
const STOP_GRACE_MS = 4_000;
const STALLS_MAX = 3;
/** The most endpoints that one sweep enqueues. */
const SWEEP_MAX = 500;

/** The parts that tests may replace. */
export interface WebhookOverrides {
  readonly times?: Partial<DeliveryTimes>;
  readonly resolver?: NameResolver;
}

interface QueueOptions {
  /** A connection of `connectPatiently`, to take jobs. */
  readonly consumer: RedisClient;
  readonly keyPrefix: string;
  readonly onError: (error: unknown) => void;
}

type WebhookOptions = QueueOptions &
  Pick<DeliveryContext, 'store' | 'clock' | 'log' | 'rules' | 'onAttempt' | 'tracing'> & {
    readonly secretsKey: string | undefined;
    readonly queue: WebhookQueue;
  };

type Running = Pick<Periodic, 'stop'>;

/**
 * Starts to send deliveries. A worker without the key that signs them leaves them to other workers.
 */
export function startWebhooks(
  { secretsKey, queue, ...options }: WebhookOptions,
  { times, resolver = dnsResolver }: WebhookOverrides = {},
): Running {
  if (!secretsKey) {
    options.log.warn('SECRETS_KEY is not set: this worker sends no webhooks');
    return { stop: async () => undefined };
  }
  const deliveries = { names: cacheNames(resolver), times: { ...DELIVERY_TIMES, ...times } };
  return startDelivering({ ...options, ...deliveries, secretsKey }, queue, options);
}

/**
 * Runs the jobs of the `webhooks` queue. A job's lock is the lease on its endpoint. When a job
 * completes and its endpoint will be due again, a job is added that is delayed until then.
 */
export function startDelivering(
  context: DeliveryContext,
  queue: WebhookQueue,
  { consumer, keyPrefix, onError }: QueueOptions,
): Running {
  const ending = new AbortController();
  const cutting = new AbortController();
  const stopping = { ending: ending.signal, cutting: cutting.signal };
  const { lockMs, sweepEveryMs } = context.times;
  const { name, prefix } = toWebhookPlace(consumer, keyPrefix);
  const worker = new Worker<DeliverWebhooksData, DeliverWebhooksResult>(
    name,
    ({ data }) => deliverToEndpoint(context, deliverWebhooksData.parse(data).webhookId, stopping),
    {
      connection: consumer,
      prefix,
      concurrency: ENDPOINTS_MAX,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: STALLS_MAX,
      runRetryDelay: FETCH_AGAIN_AFTER_MS,
      metrics: { maxDataPoints: FINISHED_MINUTES_KEPT },
    },
  );
  worker.on('error', (error) => context.log.debug({ reason: error.message }, 'webhook worker'));
  worker.on('failed', (_job, error) => onError(error));
  worker.on('completed', ({ data }, { nextAt }) => {
    if (nextAt === undefined) return;
    const delayMs = Math.max(0, Date.parse(nextAt) - context.clock.now().getTime());
    queue.enqueue([data.webhookId], delayMs).catch(onError);
  });
  const run = () => enqueueDue(context, queue);
  const sweep = startPeriodic({ everyMs: sweepEveryMs, onError, run });
  return {
    stop: async () => {
      ending.abort();
      const grace = setTimeout(() => cutting.abort(), STOP_GRACE_MS);
      await Promise.all([worker.close(), sweep.stop()]);
      clearTimeout(grace);
    },
  };
}

/**
 * Adds a job for each endpoint that is due. A waiting job of the endpoint is kept, and a delayed
 * job runs at once instead.
 */
async function enqueueDue(
  { store, clock }: Pick<DeliveryContext, 'store' | 'clock'>,
  queue: WebhookQueue,
): Promise<void> {
  const now = clock.now();
  const due = store.webhooks.find<{ readonly _id: string }>(
    { isEnabled: true, dueAt: { $lte: now }, pausedUntil: { $not: { $gt: now } } },
    { projection: { _id: 1 }, sort: { dueAt: 1 }, limit: SWEEP_MAX },
  );
  const webhookIds = await due.map(({ _id }) => _id).toArray();
  await queue.enqueue(webhookIds);
}
