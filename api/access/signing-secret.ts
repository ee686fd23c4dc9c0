import { createHmac } from 'node:crypto';
import type { ApiKeyRecord } from '../../shared/store/collections/api-keys.ts';

/**
 * The secret that a key signs its requests with, made from the system's own secret, the key's id
 * and its generation: it is shown when the key is made, and need not be stored to be checked.
 */
export function signingSecretOf(secretsKey: string, keyId: string, generation: number): string {
  const name = `lastunit signing secret ${keyId} ${generation}`;
  return createHmac('sha256', secretsKey).update(name).digest('base64url');
}

/** The secrets that are good now: the key's own and, after a rotation, for a while the one before. */
export function signingSecretsOf(secretsKey: string, key: ApiKeyRecord, now: Date): string[] {
  const { _id, generation = 0, previousUntil } = key;
  const current = signingSecretOf(secretsKey, _id, generation);
  if (previousUntil === undefined || previousUntil <= now) return [current];
  return [current, signingSecretOf(secretsKey, _id, generation - 1)];
}
