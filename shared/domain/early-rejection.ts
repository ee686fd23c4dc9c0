import type { QueuedCheckout } from './order-drafts.ts';
import type { Rejection } from './rejection.ts';

/** The maximum age of the known stock that may refuse a checkout, in milliseconds. */
export const KNOWN_STOCK_AGE_MS_MAX = 250;

/** The stock of a variant as a process knows it from one read. */
export interface KnownStock {
  readonly available: number;
  readonly version: number;
  /** When the read began, by the monotonic clock of the process. */
  readonly readAtMs: number;
  /** No reservation of the variant ends before this time, in epoch ms. */
  readonly holdsUntilMs: number;
}

/** One moment, by two clocks of a process. */
export interface Moment {
  readonly monotonicMs: number;
  readonly epochMs: number;
}

type JudgedCheckout = Pick<QueuedCheckout, 'lines' | 'total' | 'expectedTotal' | 'refusedDiscount'>;

/**
 * Returns the refusal of a checkout that cannot fit the known stock. Returns undefined in doubt,
 * and for a checkout that settlement might refuse for another reason.
 */
export function rejectEarly(
  checkout: JudgedCheckout,
  findKnown: (variantId: string) => KnownStock | undefined,
  now: Moment,
): Rejection | undefined {
  const { refusedDiscount, expectedTotal, total, lines } = checkout;
  if (refusedDiscount !== undefined) return undefined;
  if (expectedTotal !== undefined && expectedTotal !== total) return undefined;
  for (const { variantId, quantity: requested } of lines) {
    const known = findKnown(variantId);
    if (known === undefined || requested <= known.available || !isCertain(known, now)) continue;
    const { available, version, readAtMs } = known;
    const ageMs = Math.ceil(now.monotonicMs - readAtMs);
    return { code: 'out_of_stock', variantId, requested, available, version, ageMs };
  }
  return undefined;
}

/**
 * Returns whether the known stock is recent enough, and no reservation has ended since it was read.
 */
function isCertain({ readAtMs, holdsUntilMs }: KnownStock, now: Moment): boolean {
  return isAgeAllowed(now.monotonicMs - readAtMs) && now.epochMs < holdsUntilMs;
}

/**
 * Returns whether a refusal may be based on stock that was read `ageMs` ago. Returns false for a
 * value that is not an age.
 */
export function isAgeAllowed(ageMs: unknown): boolean {
  return typeof ageMs === 'number' && ageMs >= 0 && ageMs <= KNOWN_STOCK_AGE_MS_MAX;
}
