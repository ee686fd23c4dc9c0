import type { DeliverWebhooksResult } from '../../shared/contract/jobs.ts';
import { isSuspect } from '../../shared/domain/webhooks/endpoint-health.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import { type DeliveryContext, ENDPOINT_REQUESTS_MAX, type Stopping } from './delivery-context.ts';
import { EndpointRun } from './endpoint-run.ts';

/** Deliveries that one search for tasks reads. */
const SEARCH_MAX = 200;
/** Events of one subject that are sent before other subjects are served. */
export const SUBJECT_EVENTS_MAX = 10;
/** How long a dead run keeps the sweep away from its endpoint. */
const RUN_EXPIRES_MS = 30_000;

/** Removes a field in the pipeline of an update. */
const REMOVE = '$$REMOVE';

/** Work by its key, which only one task in progress may have. */
type Tasks = Map<string, () => Promise<unknown>>;

/**
 * Sends what is due to one webhook until nothing is, the time is up, or the endpoint needs a pause.
 *
 *     begin ── dueAt = now + 30 s ──▶ deliver ── dueAt = next attempt, or unset ──▶ end
 *
 * `dueAt` guards the end: if anything became due meanwhile, its writer has lowered `dueAt`, the
 * conditional write at the end does not match, and the next job or sweep finds it.
 */
export async function deliverToEndpoint(
  context: DeliveryContext,
  webhookId: string,
  stopping: Stopping,
): Promise<DeliverWebhooksResult> {
  const { store, clock } = context;
  const now = clock.now();
  const heldUntil = new Date(now.getTime() + RUN_EXPIRES_MS);
  const webhook = await store.webhooks.findOneAndUpdate(
    { _id: webhookId, isEnabled: true, pausedUntil: { $not: { $gt: now } } },
    { $set: { dueAt: heldUntil } },
    { returnDocument: 'after' },
  );
  if (webhook === null) return present(await store.webhooks.findOne({ _id: webhookId }));
  const run = new EndpointRun(context, webhook, stopping);
  await deliverDue(context, run);
  await finish(context, run, heldUntil);
  return present(await store.webhooks.findOne({ _id: webhookId }), run.counts);
}

/** Performs tasks side by side and starts the next as soon as one ends. */
async function deliverDue(context: DeliveryContext, run: EndpointRun): Promise<void> {
  const { health, pollEveryMs } = context.times;
  const running = new Map<string, Promise<unknown>>();
  const errors: unknown[] = [];
  const fail = (error: unknown): Tasks => {
    errors.push(error);
    run.end();
    return new Map();
  };
  let tasks: Tasks = new Map();
  while (!run.isOver) {
    // A failing endpoint gets one request at a time.
    const requestsMax = isSuspect(run.health, health) ? 1 : ENDPOINT_REQUESTS_MAX;
    const busy = [...running.keys()];
    if (tasks.size === 0 && busy.length < requestsMax) {
      tasks = await findTasks(context, run, busy).catch(fail);
    }
    for (const [key, perform] of tasks) {
      if (run.isOver || running.size >= requestsMax) break;
      tasks.delete(key);
      const ended = perform().catch(fail);
      running.set(
        key,
        ended.finally(() => running.delete(key)),
      );
    }
    // A task that ended during the search may have left more of its subject.
    if (busy.length === 0 && running.size === 0) break;
    await Promise.race([...running.values(), pause(pollEveryMs)]);
  }
  await Promise.all(running.values());
  if (errors.length > 0) throw errors[0];
}

/** Finds requested redeliveries, then subjects with due deliveries, the longest due first. */
async function findTasks(
  context: DeliveryContext,
  run: EndpointRun,
  busy: readonly string[],
): Promise<Tasks> {
  const { store, clock } = context;
  const { _id: webhookId } = run.webhook;
  const deliveries = store.webhookDeliveries;
  const tasks: Tasks = new Map();
  const requested = { webhookId, redeliverAt: { $exists: true }, _id: { $nin: [...busy] } };
  const options = { sort: { redeliverAt: 1 }, limit: SEARCH_MAX } as const;
  for await (const delivery of deliveries.find(requested, options)) {
    tasks.set(delivery._id, () => run.attempt(delivery, true));
  }
  const due = await deliveries
    .find<Pick<DeliveryRecord, 'subjectId'>>(
      {
        ...{ status: 'pending', webhookId, subjectId: { $nin: [...busy] } },
        nextAttemptAt: { $lte: clock.now() },
      },
      { projection: { _id: 0, subjectId: 1 }, sort: { nextAttemptAt: 1 }, limit: SEARCH_MAX },
    )
    .toArray();
  for (const [subjectId, { length }] of Map.groupBy(due, (delivery) => delivery.subjectId)) {
    const eventsMax = Math.min(length, SUBJECT_EVENTS_MAX);
    tasks.set(subjectId, () => deliverSubject(context, run, subjectId, eventsMax));
  }
  return tasks;
}

/** Sends a subject's events in order. Each waits until the one before is delivered or given up. */
async function deliverSubject(
  { store, clock }: DeliveryContext,
  run: EndpointRun,
  subjectId: string,
  eventsMax: number,
): Promise<void> {
  const deliveries = store.webhookDeliveries;
  const pending = { webhookId: run.webhook._id, subjectId, status: 'pending' } as const;
  for (let sent = 0; sent < eventsMax && !run.isOver; sent += 1) {
    const first = await deliveries.findOne(pending, { sort: { seq: 1, _id: 1 } });
    const { nextAttemptAt } = first ?? {};
    if (nextAttemptAt !== undefined && nextAttemptAt > clock.now()) {
      // The events behind it wait as long as it does.
      const behind = { ...pending, nextAttemptAt: { $lt: nextAttemptAt } };
      await deliveries.updateMany(behind, { $set: { nextAttemptAt } });
      return;
    }
    if (first === null || !(await run.attempt(first, false))) return;
  }
}

/** Records the endpoint's health and when it is due next. */
async function finish(
  { store, clock }: DeliveryContext,
  { webhook, health, pauseMs }: EndpointRun,
  heldUntil: Date,
): Promise<void> {
  const { _id: webhookId, restartedAt = null } = webhook;
  const requested = { webhookId, redeliverAt: { $exists: true } };
  const isRequested = (await store.webhookDeliveries.countDocuments(requested, { limit: 1 })) > 0;
  const next = await store.webhookDeliveries.findOne(
    { status: 'pending', webhookId, nextAttemptAt: { $exists: true } },
    { sort: { nextAttemptAt: 1 } },
  );
  const now = clock.now();
  const { failures, failingSince = REMOVE } = health;
  // A requested redelivery does not wait for the end of a pause.
  const pausedUntil = pauseMs > 0 && !isRequested ? new Date(now.getTime() + pauseMs) : REMOVE;
  await store.webhooks.updateOne({ _id: webhookId, restartedAt }, [
    { $set: { failures, failingSince, pausedUntil } },
  ]);
  const dueAt = isRequested ? now : (next?.nextAttemptAt ?? REMOVE);
  await store.webhooks.updateOne({ _id: webhookId, dueAt: heldUntil }, [{ $set: { dueAt } }]);
}

/** Presents the state after a run to operators, and the time of the next job to the worker. */
function present(
  webhook: WebhookRecord | null,
  counts = { delivered: 0, failed: 0 },
): DeliverWebhooksResult {
  if (webhook === null) return { state: 'missing', ...counts };
  const { url, isEnabled, pausedUntil, dueAt } = webhook;
  const shown = { host: new URL(url).host, ...counts };
  if (!isEnabled) return { state: 'disabled', ...shown };
  const nextMs = Math.max(Number(pausedUntil ?? 0), Number(dueAt ?? 0));
  if (nextMs === 0) return { state: 'idle', ...shown };
  const nextAt = new Date(nextMs).toISOString();
  return { state: pausedUntil ? 'paused' : 'waiting', ...shown, nextAt };
}
