import { createHmac } from 'node:crypto';
import type { ApiKeyRecord } from '../../shared/store/collections/api-keys.ts';
import { listGenerations } from './key-generations.ts';

/**
 * Derives the signing secret of a key from the system's secret, the key's id and its generation.
 * The secret is shown when the key is created or rotated, and does not need to be stored.
 */
export function toSigningSecret(secretsKey: string, keyId: string, generation: number): string {
  const name = `lastunit signing secret ${keyId} ${generation}`;
  return createHmac('sha256', secretsKey).update(name).digest('base64url');
}

/** Returns the valid signing secrets of a key. */
export function listSigningSecrets(secretsKey: string, key: ApiKeyRecord, now: Date): string[] {
  return listGenerations(key, now).map((generation) =>
    toSigningSecret(secretsKey, key._id, generation),
  );
}
