import { expect, test } from 'vitest';
import { newSecretsKey } from '../access/system-secrets.ts';
import type { WebhookRecord } from '../store/collections/webhooks.ts';
import { deriveSigningSecrets, deriveWebhookSecret } from './webhook-secret.ts';

const NOW = new Date('2026-03-02T00:00:00Z');
const later = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);
const key = newSecretsKey();

/** The generations of the secrets that sign a webhook's deliveries at one time. */
function signingGenerations(webhook: Partial<WebhookRecord>, now = NOW): number[] {
  const record = { _id: 'whk_1', ...webhook } as WebhookRecord;
  const secrets = [0, 1, 2, 3, 4, 5].map((generation) =>
    deriveWebhookSecret(key, 'whk_1', generation),
  );
  return deriveSigningSecrets(key, record, now).map((secret) => secrets.indexOf(secret));
}

test('a webhook without a rotation has one secret', () => {
  expect(signingGenerations({ generation: 0 })).toEqual([0]);
});

test('each earlier secret signs until its own time ends', () => {
  const webhook = {
    generation: 3,
    earlierSecrets: [
      { generation: 2, until: later(24) },
      { generation: 1, until: later(10) },
      { generation: 0, until: later(1) },
    ],
  };
  expect(signingGenerations(webhook)).toEqual([3, 2, 1, 0]);
  expect(signingGenerations(webhook, later(1))).toEqual([3, 2, 1]);
  expect(signingGenerations(webhook, later(11))).toEqual([3, 2]);
  expect(signingGenerations(webhook, later(24))).toEqual([3]);
});
