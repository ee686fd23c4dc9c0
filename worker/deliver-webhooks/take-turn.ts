import { FIRST_LIMIT } from '../../shared/domain/webhooks/lane-limit.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { playLanes, type WorkerLanes } from './play-lanes.ts';
import { readAgain } from './read-again.ts';
import { shareAnswers } from './send/shared-answers.ts';
import type { Turn } from './turn.ts';

const GIVE_BACK_TRIES_MAX = 3;
const LEASE = { leasedBy: '', leasedUntil: '' };

/** What the turns of a worker share. */
interface TurnSurroundings {
  /** Nothing more is begun. */
  readonly ending: AbortSignal;
  /** What is under way is cut off. */
  readonly cutting: AbortSignal;
  readonly lanes: WorkerLanes;
}

/**
 * Delivers to a leased endpoint until nothing is due, it is to be left alone, or the turn is up,
 * and gives it back. A worker that dies in it leaves everything on record; one that was taken for
 * dead may send again what has been sent, which receivers have to expect anyway.
 */
export async function takeTurn(
  context: DeliveryContext,
  leased: WebhookRecord,
  { ending, cutting, lanes }: TurnSurroundings,
): Promise<void> {
  const turn = newTurn(context, leased, cutting);
  const end = () => {
    turn.isOver = true;
  };
  const timer = setTimeout(end, context.times.turnMsMax);
  ending.addEventListener('abort', end, { once: true });
  try {
    await playLanes(context, turn, lanes);
    if (!turn.isLost) await giveBack(context, turn);
  } finally {
    end();
    clearTimeout(timer);
    ending.removeEventListener('abort', end);
  }
}

function newTurn(
  { clock, resolver }: DeliveryContext,
  webhook: WebhookRecord,
  stopping: AbortSignal,
): Turn {
  const { failures, failingSince } = webhook;
  return {
    webhook,
    readAt: clock.now().getTime(),
    health: { failures, failingSince },
    pauseMs: 0,
    isOver: false,
    isLost: false,
    underWay: 0,
    limit: FIRST_LIMIT,
    answers: shareAnswers(resolver, clock),
    stopping,
  };
}

/**
 * Notes how the endpoint does and when it is next due. Whoever has put something on record for it
 * meanwhile, or changed it, has counted `wakeups` up: then it is looked at again before it is given
 * back, so that what was learnt of an old address is not written over a new one.
 */
async function giveBack(context: DeliveryContext, turn: Turn): Promise<void> {
  const endpoints = context.store.webhooks.collection;
  for (let tries = 1; ; tries += 1) {
    const { _id, leasedBy, wakeups } = turn.webhook;
    const next = await nextDue(context, turn);
    const isLast = tries === GIVE_BACK_TRIES_MAX;
    const filter = { _id: _id as never, leasedBy, ...(!isLast && { wakeups }) };
    const change = isLast
      ? { $set: { dueAt: context.clock.now() }, $unset: LEASE }
      : changeOf(turn, next.dueAt, next.isAsked ? undefined : pausedUntil(context, turn));
    const given = await endpoints.updateOne(filter, change as never);
    if (given.matchedCount === 1 || isLast) return;
    await readAgain(context, turn);
    if (turn.isLost) return;
  }
}

function changeOf(turn: Turn, dueAt: Date | undefined, pausedTo: Date | undefined) {
  const { failures, failingSince } = turn.health;
  const known = { failures, failingSince, dueAt, pausedUntil: pausedTo };
  const unset = Object.entries(known).filter(([, value]) => value === undefined);
  return {
    $set: Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
    $unset: {
      ...LEASE,
      ...Object.fromEntries(unset.map(([key]) => [key, ''])),
    },
  };
}

function pausedUntil({ clock }: DeliveryContext, { pauseMs }: Turn): Date | undefined {
  return pauseMs > 0 ? new Date(clock.now().getTime() + pauseMs) : undefined;
}

/** When something is due; somebody who has asked for an attempt does not wait out a pause. */
async function nextDue(
  { store, clock }: DeliveryContext,
  { webhook }: Turn,
): Promise<{ readonly dueAt: Date | undefined; readonly isAsked: boolean }> {
  const deliveries = store.webhookDeliveries.collection;
  const { _id: webhookId } = webhook;
  const asked = await deliveries.findOne({ webhookId, redeliverAt: { $exists: true } });
  if (asked !== null) return { dueAt: clock.now(), isAsked: true };
  const next = await deliveries.findOne<DeliveryRecord>(
    { status: 'pending', webhookId },
    { sort: { nextAttemptAt: 1 } },
  );
  const now = clock.now();
  const { nextAttemptAt: dueAt } = next ?? {};
  // Endpoints get their turns by when they are due: by the age of its backlog this one would have
  // all of them.
  return { dueAt: dueAt !== undefined && dueAt < now ? now : dueAt, isAsked: false };
}
