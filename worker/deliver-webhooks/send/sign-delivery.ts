import { Webhook } from 'standardwebhooks';
import type { DeliveryRecord } from '../../../shared/store/collections/webhook-deliveries.ts';

const USER_AGENT = 'Lastunit-Webhooks/1';

/**
 * The headers of one attempt, signed by the Standard Webhooks scheme with each of the secrets:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function headersOf(
  { eventId, payload }: Pick<DeliveryRecord, 'eventId' | 'payload'>,
  secrets: readonly string[],
  now: Date,
): Record<string, string> {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(eventId, now, payload));
  return {
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': signatures.join(' '),
  };
}
