import { z } from '@hono/zod-openapi';
import { IDEMPOTENCY_KEY_LENGTH_MAX } from '../../shared/contract/limits.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { Principal } from './principal.ts';

const HEADER = 'Idempotency-Key';
const REPLAYED = 'Idempotent-Replayed';
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** How a route that reads the header describes it. */
export const idempotencyKey = z
  .string()
  .max(IDEMPOTENCY_KEY_LENGTH_MAX)
  .regex(VISIBLE_ASCII)
  .openapi({ example: 'order-8812-try-1' });

/**
 * The caller's name for its request, under which it can safely be repeated.
 * @throws RefusedError idempotency_key_required or idempotency_key_invalid
 */
export function checkIdempotencyKey(key: string | undefined): string {
  if (key === undefined) {
    throw refuse('idempotency_key_required', 'A checkout needs an Idempotency-Key.');
  }
  if (key.length > IDEMPOTENCY_KEY_LENGTH_MAX || !VISIBLE_ASCII.test(key)) {
    const message = `1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} visible ASCII characters.`;
    throw refuse('idempotency_key_invalid', message);
  }
  return key;
}

/**
 * The key among those of everybody: keys are per caller, and the buyers of one storefront do not
 * share theirs. A key has no space in it, so none of one caller reads like one of another.
 */
export function ownIdempotencyKey({ id, buyerId }: Principal, key: string): string {
  return buyerId === undefined ? `${id}:${key}` : `${id}:${key} ${buyerId}`;
}

function refuse(code: 'idempotency_key_required' | 'idempotency_key_invalid', message: string) {
  return new RefusedError(code, message, [{ path: HEADER, message }]);
}

/** How a route with an `Idempotency-Key` describes the header, for its `responses`. */
export const REPLAY_HEADER = {
  [REPLAYED]:
    '`true` where the answer is that of an earlier request under the same Idempotency-Key.',
} as const;

/** The header that tells a repeated answer from the first; no header on the first. */
export function replayHeader(isReplay: boolean): Readonly<Record<string, string>> {
  return isReplay ? { [REPLAYED.toLowerCase()]: 'true' } : {};
}
