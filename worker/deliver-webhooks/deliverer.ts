import { randomUUID } from 'node:crypto';
import { pause } from '../../shared/runtime/deadline.ts';
import { startPeriodic } from '../../shared/runtime/periodic.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { takeTurn } from './take-turn.ts';

/** Endpoints that one worker delivers to at the same time. */
const ENDPOINTS_MAX = 32;
/** What is under way when the worker is asked to end may go on for so long. */
const STOP_GRACE_MS = 4_000;
/** A lease is renewed so many times before it ends. */
const RENEWALS = 4;

/** Sends what is due to webhooks until it is stopped. */
export interface Deliverer {
  /** Looks for what is due now instead of later. */
  hurry(): void;
  stop(): Promise<void>;
}

/**
 * Takes endpoints that are due, the longest due first, and delivers to each for a turn. What is
 * leased to a worker is left alone by the others; leases keep them from sending the same twice, and
 * nothing else depends on them.
 */
export function startDeliverer(
  context: DeliveryContext,
  onError: (error: unknown) => void,
): Deliverer {
  /** By token; the webhook's id goes with it. */
  const turns = new Map<string, { readonly webhookId: string; readonly ended: Promise<void> }>();
  const ending = new AbortController();
  const cutting = new AbortController();
  const shared = { ending: ending.signal, cutting: cutting.signal, lanes: { count: 0 } };
  const begin = (webhook: WebhookRecord, token: string) => {
    const ended = takeTurn(context, webhook, shared)
      .catch(onError)
      .finally(() => {
        turns.delete(token);
        looking.hurry();
      });
    turns.set(token, { webhookId: webhook._id, ended });
  };
  const looking = startPeriodic({
    everyMs: context.times.pollEveryMs,
    onError,
    run: async (signal) => {
      while (turns.size < ENDPOINTS_MAX && !signal.aborted) {
        const token = randomUUID();
        const webhook = await lease(context, token);
        if (webhook === undefined) return;
        begin(webhook, token);
      }
    },
  });
  const renewing = startPeriodic({
    everyMs: context.times.leaseMs / RENEWALS,
    onError,
    run: async () => {
      const ids = Array.from(turns.values(), ({ webhookId }) => webhookId);
      await renew(context, ids, [...turns.keys()]);
    },
  });
  return {
    hurry: () => looking.hurry(),
    stop: async () => {
      ending.abort();
      await looking.stop();
      const ended = Promise.all(Array.from(turns.values(), (turn) => turn.ended));
      await Promise.race([ended, pause(STOP_GRACE_MS)]);
      cutting.abort();
      await ended;
      await renewing.stop();
    },
  };
}

async function lease(
  { store, clock, times }: DeliveryContext,
  token: string,
): Promise<WebhookRecord | undefined> {
  const now = clock.now();
  const notAfterNow = { $not: { $gt: now } };
  const found = await store.webhooks.collection.findOneAndUpdate(
    {
      isEnabled: true,
      dueAt: { $lte: now },
      pausedUntil: notAfterNow,
      leasedUntil: notAfterNow,
    },
    { $set: { leasedBy: token, leasedUntil: new Date(now.getTime() + times.leaseMs) } },
    { sort: { dueAt: 1 }, returnDocument: 'after' },
  );
  return (found as WebhookRecord | null) ?? undefined;
}

async function renew(
  { store, clock, times }: DeliveryContext,
  ids: readonly string[],
  tokens: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const leasedUntil = new Date(clock.now().getTime() + times.leaseMs);
  await store.webhooks.collection.updateMany(
    { _id: { $in: [...ids] } as never, leasedBy: { $in: [...tokens] } },
    { $set: { leasedUntil } },
  );
}
