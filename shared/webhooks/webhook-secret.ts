import { createHmac } from 'node:crypto';
import type { WebhookRecord } from '../store/collections/webhooks.ts';

/**
 * The secret that a webhook's deliveries are signed with, as Standard Webhooks writes it: 256 bits
 * made from the system's own secret, the webhook's id and its generation. It is shown once and
 * need not be stored.
 */
export function webhookSecretOf(secretsKey: string, webhookId: string, generation: number): string {
  const name = `lastunit webhook secret ${webhookId} ${generation}`;
  return `whsec_${createHmac('sha256', secretsKey).update(name).digest('base64')}`;
}

/** Secrets to sign with now: the webhook's own and, after a rotation, for a while the one before. */
export function webhookSecretsOf(secretsKey: string, webhook: WebhookRecord, now: Date): string[] {
  const { _id, generation, previousUntil } = webhook;
  const current = webhookSecretOf(secretsKey, _id, generation);
  if (previousUntil === undefined || previousUntil <= now) return [current];
  return [current, webhookSecretOf(secretsKey, _id, generation - 1)];
}
