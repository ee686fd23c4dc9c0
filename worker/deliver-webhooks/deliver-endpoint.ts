import type { DeliverWebhooksResult } from '../../shared/contract/jobs.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import { attemptDelivery } from './attempt.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { EndpointRun } from './endpoint-run.ts';

/** Due deliveries that one look reads, to find the subjects among them. */
const LOOK_MAX = 200;
/** Events of one subject sent before other subjects are served. */
export const SUBJECT_EVENTS_MAX = 10;
/** How long a dead run keeps the sweep away from its endpoint. */
const RUN_EXPIRES_MS = 30_000;

/** Signals of the worker's shutdown: first no new attempts, then no more waiting for answers. */
export interface Stopping {
  readonly ending: AbortSignal;
  readonly cutting: AbortSignal;
}

/** A redelivery that a shop asked for, or a subject with its number of due deliveries. */
type Task = { readonly asked: DeliveryRecord } | { readonly subjectId: string; due: number };

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
  { ending, cutting }: Stopping,
): Promise<DeliverWebhooksResult> {
  const { store, clock, times } = context;
  const now = clock.now();
  const heldUntil = new Date(now.getTime() + RUN_EXPIRES_MS);
  const webhook = await store.webhooks.findOneAndUpdate(
    { _id: webhookId, isEnabled: true, pausedUntil: { $not: { $gt: now } } },
    { $set: { dueAt: heldUntil } },
    { returnDocument: 'after' },
  );
  if (webhook === null) return skipped(await store.webhooks.findOne({ _id: webhookId }));
  const run = new EndpointRun(context, webhook, cutting);
  const end = () => {
    run.isOver = true;
  };
  const timer = setTimeout(end, times.runMsMax);
  ending.addEventListener('abort', end, { once: true });
  if (ending.aborted) end();
  try {
    await deliverDue(context, run);
  } finally {
    clearTimeout(timer);
    ending.removeEventListener('abort', end);
  }
  return finish(context, run, heldUntil);
}

function skipped(webhook: WebhookRecord | null): DeliverWebhooksResult {
  const nothing = { delivered: 0, failed: 0 };
  if (webhook === null) return { state: 'missing', ...nothing };
  const host = new URL(webhook.url).host;
  if (!webhook.isEnabled) return { state: 'disabled', host, ...nothing };
  const nextAt = webhook.pausedUntil?.toISOString();
  return { state: 'paused', host, ...nothing, ...(nextAt && { nextAt }) };
}

/**
 * Runs tasks side by side and refills as soon as one ends. A subject is in at most one task, which
 * sends its events one after the other.
 */
async function deliverDue(context: DeliveryContext, run: EndpointRun): Promise<void> {
  const running = new Map<string, Promise<void>>();
  const faults: unknown[] = [];
  let queue: Task[] = [];
  const start = (task: Task) => {
    const key = keyOf(task);
    const ended = perform(context, run, task)
      .catch((error) => {
        faults.push(error);
        run.isOver = true;
      })
      .finally(() => running.delete(key));
    running.set(key, ended);
  };
  for (;;) {
    const wasIdle = running.size === 0;
    const free = run.isOver ? 0 : run.requestsMax - running.size;
    if (free > 0 && queue.length === 0) {
      queue = await findTasks(context, run, [...running.keys()]).catch((error) => {
        faults.push(error);
        run.isOver = true;
        return [];
      });
    }
    if (!run.isOver) for (const task of queue.splice(0, Math.max(free, 0))) start(task);
    if (running.size === 0) {
      // A task that ended during the look may have left more of its subject.
      if (wasIdle || run.isOver) break;
      continue;
    }
    const nap = new AbortController();
    await Promise.race([...running.values(), pause(context.times.pollEveryMs, nap.signal)]);
    nap.abort();
  }
  if (faults.length > 0) throw faults[0];
}

function keyOf(task: Task): string {
  return 'asked' in task ? task.asked._id : task.subjectId;
}

/** Redeliveries that were asked for, then subjects with due deliveries, the longest due first. */
async function findTasks(
  { store, clock }: DeliveryContext,
  { webhook }: EndpointRun,
  running: readonly string[],
): Promise<Task[]> {
  const { _id: webhookId } = webhook;
  const asked = await store.webhookDeliveries
    .find(
      { webhookId, redeliverAt: { $exists: true }, _id: { $nin: [...running] } },
      { sort: { redeliverAt: 1 }, limit: LOOK_MAX },
    )
    .toArray();
  const due = await store.webhookDeliveries
    .find<Pick<DeliveryRecord, 'subjectId'>>(
      {
        status: 'pending',
        webhookId,
        nextAttemptAt: { $lte: clock.now() },
        subjectId: { $nin: [...running] },
      },
      { projection: { _id: 0, subjectId: 1 }, sort: { nextAttemptAt: 1 }, limit: LOOK_MAX },
    )
    .toArray();
  const subjects = Map.groupBy(due, ({ subjectId }) => subjectId);
  return [
    ...asked.map((delivery) => ({ asked: delivery })),
    ...Array.from(subjects, ([subjectId, { length }]) => ({ subjectId, due: length })),
  ];
}

/** An event of a subject is sent when the one before it is delivered or given up, and not before. */
async function perform(context: DeliveryContext, run: EndpointRun, task: Task): Promise<void> {
  if ('asked' in task) {
    await attemptDelivery(context, run, task.asked, true);
    return;
  }
  const { store, clock } = context;
  const { _id: webhookId } = run.webhook;
  const { subjectId } = task;
  const which = { webhookId, subjectId, status: 'pending' } as const;
  for (let sent = 0; sent < Math.min(task.due, SUBJECT_EVENTS_MAX) && !run.isOver; sent += 1) {
    const first = await store.webhookDeliveries.findOne(which, { sort: { seq: 1, _id: 1 } });
    if (first === null) return;
    const { nextAttemptAt } = first;
    if (nextAttemptAt !== undefined && nextAttemptAt > clock.now()) {
      // The events behind it wait as long as it does.
      await store.webhookDeliveries.updateMany(
        { ...which, nextAttemptAt: { $lt: nextAttemptAt } },
        { $set: { nextAttemptAt } },
      );
      return;
    }
    if (!(await attemptDelivery(context, run, first, false))) return;
  }
}

/** Records the endpoint's health and when it is due next. */
async function finish(
  { store, clock }: DeliveryContext,
  run: EndpointRun,
  heldUntil: Date,
): Promise<DeliverWebhooksResult> {
  const { webhook, delivered, failed, health } = run;
  const { _id: webhookId, restartedAt } = webhook;
  const asked = { webhookId, redeliverAt: { $exists: true } };
  const isAsked = (await store.webhookDeliveries.countDocuments(asked, { limit: 1 })) > 0;
  const next = await store.webhookDeliveries.findOne(
    // A test event has no schedule: it is sent when it is asked for.
    { status: 'pending', webhookId, nextAttemptAt: { $exists: true } },
    { sort: { nextAttemptAt: 1 } },
  );
  const now = clock.now();
  // A shop that asked for an attempt does not wait for the end of a pause.
  const pausedUntil =
    run.pauseMs > 0 && !isAsked ? new Date(now.getTime() + run.pauseMs) : undefined;
  const dueAt = isAsked ? now : next?.nextAttemptAt && laterOf(next.nextAttemptAt, now);
  const known = { ...health, ...(pausedUntil && { pausedUntil }) };
  await store.webhooks.updateOne(
    { _id: webhookId, restartedAt: restartedAt ?? null },
    {
      $set: known,
      $unset: {
        ...(health.failingSince === undefined && { failingSince: '' }),
        ...(pausedUntil === undefined && { pausedUntil: '' }),
      },
    },
  );
  await store.webhooks.updateOne(
    { _id: webhookId, dueAt: heldUntil },
    dueAt === undefined ? { $unset: { dueAt: '' } } : { $set: { dueAt } },
  );
  const host = new URL(webhook.url).host;
  const counts = { host, delivered, failed };
  const nextAt = dueAt && laterOf(dueAt, pausedUntil ?? dueAt).toISOString();
  if (pausedUntil !== undefined) return { state: 'paused', ...counts, ...(nextAt && { nextAt }) };
  return nextAt ? { state: 'waiting', ...counts, nextAt } : { state: 'idle', ...counts };
}

function laterOf(one: Date, other: Date): Date {
  return one > other ? one : other;
}
