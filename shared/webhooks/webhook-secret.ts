import { createHmac } from 'node:crypto';
import type { EarlierSecret, WebhookRecord } from '../store/collections/webhooks.ts';

/**
 * The secret that a webhook's deliveries are signed with, as Standard Webhooks writes it: 256 bits
 * made from the system's own secret, the webhook's id and its generation. It is shown once and
 * need not be stored.
 */
export function webhookSecretOf(secretsKey: string, webhookId: string, generation: number): string {
  const name = `lastunit webhook secret ${webhookId} ${generation}`;
  return `whsec_${createHmac('sha256', secretsKey).update(name).digest('base64')}`;
}

/** Returns the earlier secrets that still sign deliveries, newest first. */
export function earlierSecretsOf(webhook: WebhookRecord, now: Date): EarlierSecret[] {
  return (webhook.earlierSecrets ?? []).filter(({ until }) => until > now);
}

/** Secrets to sign with now: the webhook's own and those before it whose time has not ended. */
export function webhookSecretsOf(secretsKey: string, webhook: WebhookRecord, now: Date): string[] {
  const { _id, generation } = webhook;
  const generations = [generation, ...earlierSecretsOf(webhook, now).map((one) => one.generation)];
  return generations.map((one) => webhookSecretOf(secretsKey, _id, one));
}
