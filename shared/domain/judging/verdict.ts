import type { CheckoutTally } from './checkout-tally.ts';

/** The checkouts to judge: received at or after `from` and before `to`. */
export interface JudgedWindow {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** The judgement of the record. All members except `window`, `at` and `ok` are counts. */
export interface Verdict {
  /** In RFC 3339; null where the window has no bound. */
  readonly window: { readonly from: string | null; readonly to: string | null };
  /** When the first snapshot was taken. */
  readonly at: string;
  readonly accepted: number;
  readonly placed: number;
  readonly rejected: number;
  readonly failed: number;
  readonly pending: number;
  /** Checkouts that wait for units or a draw: they have no outcome and are not in the queue. */
  readonly waiting: number;
  readonly unitsPlaced: number;
  /** Units promised beyond stock. */
  readonly oversold: number;
  /**
   * Refusals for stock or for lapsed holds that the record contradicts; after the queue drained,
   * also checkouts that wait for units although enough units are free.
   */
  readonly undersold: number;
  /**
   * Checkouts without an outcome after the queue drained, or placed without one of their orders.
   */
  readonly lost: number;
  /**
   * Checkouts with a surplus order: a second order for a shop, or any order of a checkout that is
   * not placed.
   */
  readonly duplicated: number;
  /**
   * Contradictions in the record, regardless of the window. Variants and discounts count if their
   * counters differ from orders and movements. Products and variants count if a buyer has more of
   * them than the limits in the buyer's orders allowed. Orders count if they contradict themselves
   * or their checkout, unless a variant or discount already counts for the same contradiction.
   */
  readonly drift: number;
  /**
   * Checkouts that were refused, or left waiting, although a later checkout was served. Up to
   * workers × `BATCH_MAX` checkouts are in flight together, so as many inversions are possible.
   * They do not fail the verdict.
   */
  readonly inversions: number;
  /** Whether `oversold`, `undersold`, `lost`, `duplicated` and `drift` are 0. */
  readonly ok: boolean;
}

/** The findings of all variants together. */
export type FindingTotals = Record<'oversold' | 'undersold' | 'inversions', number>;

interface Evidence {
  readonly window: JudgedWindow;
  readonly at: Date;
  /** Whether the queue had time to drain: checkouts that are still queued then are lost. */
  readonly drained: boolean;
  readonly checkouts: CheckoutTally['counts'];
  readonly unitsPlaced: number;
  readonly variants: FindingTotals;
  /** The number of contradictions that `Verdict.drift` counts. */
  readonly drift: number;
}

/**
 * Creates the verdict from the evidence. Inversions and failed checkouts are counted, but do not
 * fail the verdict.
 */
export function toVerdict({ window, at, drained, drift, ...evidence }: Evidence): Verdict {
  const { queued, incomplete, duplicated, ...checkouts } = evidence.checkouts;
  const { oversold, undersold, inversions } = evidence.variants;
  const lost = incomplete + (drained ? queued : 0);
  return {
    window: { from: window.from?.toISOString() ?? null, to: window.to?.toISOString() ?? null },
    at: at.toISOString(),
    accepted: checkouts.accepted,
    placed: checkouts.placed,
    rejected: checkouts.rejected,
    failed: checkouts.failed,
    pending: drained ? 0 : queued,
    waiting: checkouts.waiting,
    unitsPlaced: evidence.unitsPlaced,
    oversold,
    undersold,
    lost,
    duplicated,
    drift,
    inversions,
    ok: oversold + undersold + lost + duplicated + drift === 0,
  };
}
