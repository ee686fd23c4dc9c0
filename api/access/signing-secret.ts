import { createHmac } from 'node:crypto';
import type { ApiKeyRecord } from '../../shared/store/collections/api-keys.ts';

/**
 * Derives the signing secret of a key from the system's secret, the key's id and its generation.
 * The secret is shown when the key is created or rotated, and does not need to be stored.
 */
export function toSigningSecret(secretsKey: string, keyId: string, generation: number): string {
  const name = `lastunit signing secret ${keyId} ${generation}`;
  return createHmac('sha256', secretsKey).update(name).digest('base64url');
}

/**
 * Returns the valid signing secrets of a key: the current secret and, until `previousUntil`, the
 * previous secret.
 */
export function listSigningSecrets(secretsKey: string, key: ApiKeyRecord, now: Date): string[] {
  const { _id, generation = 0, previousUntil } = key;
  const current = toSigningSecret(secretsKey, _id, generation);
  if (previousUntil === undefined || previousUntil <= now) return [current];
  return [current, toSigningSecret(secretsKey, _id, generation - 1)];
}
