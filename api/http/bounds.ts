/** MongoDB aborts a read after this time; the caller gets a 503 and can retry. */
export const READ_TIMEOUT_MS = 5_000;

/** Cached prices and sale times are read again after this time. */
export const PRICE_AGE_MS_MAX = 1_000;

/**
 * A checkout that took this long or longer from reading its prices to its acceptance is priced
 * again.
 */
export const PRICING_MS_MAX = 1_000;

/**
 * This long after a change of sale times, no process decides on a checkout by the earlier times.
 * The last 5 ms allow for a timer that fires early.
 */
export const OFFER_MS_MAX = PRICE_AGE_MS_MAX + PRICING_MS_MAX + 5;

/** A write is answered within this time, even if its outcome is still unknown. */
export const WRITE_TIMEOUT_MS = 5_000;
