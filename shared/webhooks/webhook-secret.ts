import { createHmac } from 'node:crypto';
import type { EarlierSecret, WebhookRecord } from '../store/collections/webhooks.ts';

/**
 * Derives the secret that signs a webhook's deliveries, in the form of Standard Webhooks. Its 256
 * bits are derived from the system's secret, the webhook's id and the generation, so it need not be
 * stored.
 */
export function deriveWebhookSecret(
  secretsKey: string,
  webhookId: string,
  generation: number,
): string {
  const name = `lastunit webhook secret ${webhookId} ${generation}`;
  return `whsec_${createHmac('sha256', secretsKey).update(name).digest('base64')}`;
}

/** Returns the earlier secrets with which deliveries are still signed, newest first. */
export function findEarlierSecrets(webhook: WebhookRecord, now: Date): EarlierSecret[] {
  return webhook.earlierSecrets?.filter(({ until }) => until > now) ?? [];
}

/**
 * Derives all secrets that sign deliveries now: the current secret, then those of
 * `findEarlierSecrets`.
 */
export function deriveSigningSecrets(
  secretsKey: string,
  webhook: WebhookRecord,
  now: Date,
): string[] {
  const { _id, generation } = webhook;
  const generations = [
    generation,
    ...findEarlierSecrets(webhook, now).map((secret) => secret.generation),
  ];
  return generations.map((signing) => deriveWebhookSecret(secretsKey, _id, signing));
}
