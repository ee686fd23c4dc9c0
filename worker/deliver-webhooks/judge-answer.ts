import { judgeEndpoint } from '../../shared/domain/webhooks/endpoint-health.ts';
import { adaptLanes } from '../../shared/domain/webhooks/lane-limit.ts';
import { hurryPending } from '../../shared/webhooks/hurry-pending.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { disableEndpoint } from './disable-endpoint.ts';
import type { SendResult } from './send/send-delivery.ts';
import type { Turn } from './turn.ts';

/** The endpoint wants no more events. */
export const GONE = 410;
/** Answers about the receiver as a whole, not about this event (RFC 6585, 4; RFC 9110, 15.6.4). */
const ASKS_FOR_PATIENCE: ReadonlySet<number> = new Set([429, 503]);

/** Judges the endpoint by one more attempt: how many lanes it has, whether it is left alone or off. */
export async function judgeAnswer(
  context: DeliveryContext,
  turn: Turn,
  { error, status = 0, durationMs, retryAfterMs }: SendResult,
  beganAt: Date,
): Promise<void> {
  const { clock, times } = context;
  const isSuccess = error === undefined;
  const isGone = status === GONE;
  const sample = { isSuccess, beganAtMs: beganAt.getTime(), durationMs, underWay: turn.underWay };
  turn.limit = adaptLanes(turn.limit, sample);
  // Perhaps its name leads elsewhere by now.
  if (!isSuccess) turn.answers.forget();
  // It is to be left alone already: what fails of the same wave tells nothing new.
  if (turn.pauseMs > 0 && !isSuccess && !isGone) return;
  const askedMs = ASKS_FOR_PATIENCE.has(status) ? retryAfterMs : undefined;
  const judged = judgeEndpoint(turn.health, { isSuccess, askedMs }, clock.now(), times.health);
  turn.health = judged.health;
  // What of the same wave succeeds takes nothing back: it was under way before.
  turn.pauseMs ||= judged.pauseMs;
  if (judged.pauseMs > 0) turn.isOver = true;
  if (judged.isRecovered) await hurryPending(context.store, turn.webhook._id, clock.now());
  if (!isGone && !judged.isDisabled) return;
  turn.isOver = true;
  await disableEndpoint(context, turn.webhook, isGone ? 'gone' : 'failing');
}
