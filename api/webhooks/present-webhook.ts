import type { z } from 'zod';
import { pick } from '../../shared/domain/pick.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import { deriveWebhookSecret } from '../../shared/webhooks/webhook-secret.ts';
import type { WebhooksContext } from './context.ts';
import type { delivery, newWebhook, webhook } from './schemas.ts';

/** Returns a webhook as its shop sees it. */
export function presentWebhook(record: WebhookRecord): z.output<typeof webhook> {
  const { failingSince } = record;
  const previousUntil = record.earlierSecrets?.[0]?.until;
  return {
    id: record._id,
    ...pick(record, 'url', 'isEnabled', 'disabledReason'),
    events: [...record.events],
    ...(failingSince !== undefined && { failingSince: failingSince.toISOString() }),
    ...(previousUntil !== undefined && { previousUntil: previousUntil.toISOString() }),
    createdAt: record.createdAt.toISOString(),
    updatedAt: record.updatedAt.toISOString(),
  };
}

/** Returns a new webhook with its secret, which is shown only once. */
export function presentNewWebhook(
  { config }: WebhooksContext,
  record: WebhookRecord,
): z.output<typeof newWebhook> {
  const secret = deriveWebhookSecret(config.secrets.secretsKey, record._id, record.generation);
  return { ...presentWebhook(record), secret };
}

/** Returns a delivery with its attempts, as the shop of the webhook sees it. */
export function presentDelivery(record: DeliveryRecord): z.output<typeof delivery> {
  const { nextAttemptAt, deliveredAt } = record;
  return {
    id: record._id,
    ...pick(record, 'eventId', 'type', 'subjectId', 'seq', 'status', 'attemptCount'),
    attempts: record.attempts.map((attempt) => ({
      at: attempt.at.toISOString(),
      ...pick(attempt, 'durationMs', 'status', 'error', 'response', 'isManual'),
    })),
    ...(nextAttemptAt !== undefined && { nextAttemptAt: nextAttemptAt.toISOString() }),
    createdAt: record.createdAt.toISOString(),
    ...(deliveredAt !== undefined && { deliveredAt: deliveredAt.toISOString() }),
    payload: JSON.parse(record.payload),
  };
}
