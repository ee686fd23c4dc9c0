import { z } from '@hono/zod-openapi';
import { IDEMPOTENCY_KEY_LENGTH_MAX } from '../../shared/contract/limits.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { Principal } from './principal.ts';

const HEADER = 'Idempotency-Key';
const REPLAYED = 'Idempotent-Replayed';
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** The schema of the header `Idempotency-Key`, for the `headers` of a route. */
export const idempotencyKey = z
  .string()
  .max(IDEMPOTENCY_KEY_LENGTH_MAX)
  .regex(VISIBLE_ASCII)
  .openapi({ example: 'order-8812-try-1' });

/** The `headers` of a route that does not require the header, and whose keys do not expire. */
export const optionalIdempotencyKey = z.object({
  'Idempotency-Key': idempotencyKey
    .optional()
    .describe(
      'A key that the caller chooses. A repeat with the same key changes nothing. Keys do not expire.',
    ),
});

/**
 * Checks the idempotency key of a request and returns it.
 * @throws RefusedError idempotency_key_required or idempotency_key_invalid
 */
export function checkIdempotencyKey(key: string | undefined): string {
  if (key === undefined) {
    throw refuse('idempotency_key_required', 'The request needs an Idempotency-Key header.');
  }
  if (key.length > IDEMPOTENCY_KEY_LENGTH_MAX || !VISIBLE_ASCII.test(key)) {
    const message = `The key must have 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} visible ASCII characters.`;
    throw refuse('idempotency_key_invalid', message);
  }
  return key;
}

/**
 * Makes a key unique among all callers. Each caller has its own keys, and so has each buyer of a
 * storefront. A key contains no space, so the keys of different callers cannot collide.
 */
export function ownIdempotencyKey({ id, buyerId }: Principal, key: string): string {
  return buyerId === undefined ? `${id}:${key}` : `${id}:${key} ${buyerId}`;
}

function refuse(code: 'idempotency_key_required' | 'idempotency_key_invalid', message: string) {
  return new RefusedError(code, message, [{ path: HEADER, message }]);
}

/** Describes the header that marks repeated answers, for the `responses` of a route. */
export const REPLAY_HEADER = {
  [REPLAYED]: '`true` if this is the answer to an earlier request with the same Idempotency-Key.',
} as const;

/** Returns the header that marks a repeated answer; no header for the first answer. */
export function replayHeader(isReplay: boolean): Readonly<Record<string, string>> {
  return isReplay ? { [REPLAYED.toLowerCase()]: 'true' } : {};
}
