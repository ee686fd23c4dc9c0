const NAME = 'Idempotent-Replayed';

/** How a route with an `Idempotency-Key` describes the header, for its `responses`. */
export const REPLAY_HEADER = {
  [NAME]: '`true` where the answer is that of an earlier request under the same Idempotency-Key.',
} as const;

/** The header that tells a repeated answer from the first; no header on the first. */
export function replayHeader(isReplay: boolean): Readonly<Record<string, string>> {
  return isReplay ? { [NAME.toLowerCase()]: 'true' } : {};
}
