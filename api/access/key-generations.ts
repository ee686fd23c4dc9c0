import type { ApiKeyRecord } from '../../shared/store/collections/api-keys.ts';

/**
 * Returns the generations of a key whose secrets, signing secrets and buyer tokens are valid: the
 * current one and, until `previousUntil`, the previous one.
 */
export function listGenerations(
  { generation = 0, previousUntil }: ApiKeyRecord,
  now: Date,
): readonly number[] {
  if (previousUntil === undefined || previousUntil <= now) return [generation];
  return [generation, generation - 1];
}
