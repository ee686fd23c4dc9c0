import type { CheckoutTally } from './checkout-tally.ts';
import type { VariantFindings } from './judge-variant.ts';

/** Which checkouts are judged: those received from `from` on and before `to`. */
export interface JudgedWindow {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** What the record proves, as of one snapshot. Everything but window, `at` and `ok` counts. */
export interface Verdict {
  /** RFC 3339; null where the window is open. */
  readonly window: { readonly from: string | null; readonly to: string | null };
  /** When the snapshot was taken. */
  readonly at: string;
  readonly accepted: number;
  readonly placed: number;
  readonly rejected: number;
  readonly failed: number;
  readonly pending: number;
  readonly unitsPlaced: number;
  /** Units promised beyond stock. */
  readonly oversold: number;
  /** Refusals for stock that the record contradicts. */
  readonly undersold: number;
  /** Checkouts without an outcome after the queue drained, or placed and without an order. */
  readonly lost: number;
  /** Checkouts with more orders than the shops that may have one; none may if it is not placed. */
  readonly duplicated: number;
  /**
   * Variants and discounts, of all times, whose counters differ from orders and movements; and
   * orders that contradict themselves or their checkout, unless one of those is counted for it.
   */
  readonly drift: number;
  /**
   * Refused though somebody who came after their answer was served. Up to workers × `BATCH_MAX`
   * are in flight together, so as many may be; they do not make the verdict fail.
   */
  readonly inversions: number;
  readonly ok: boolean;
}

/** What all variants together prove. */
export type FindingTotals = Record<'oversold' | 'undersold' | 'inversions', number>;

/** Totals of nothing, to be added to. */
export function noFindings(): FindingTotals {
  return { oversold: 0, undersold: 0, inversions: 0 };
}

/** Adds what one variant proves; one with any difference counts once as drift. */
export function addFindings(totals: FindingTotals, findings: VariantFindings): void {
  totals.oversold += findings.oversold;
  totals.undersold += findings.undersold;
  totals.inversions += findings.inversions;
}

interface Evidence {
  readonly window: JudgedWindow;
  readonly at: Date;
  /** Whether the queue has been given the time to drain: what is still queued then is lost. */
  readonly drained: boolean;
  readonly checkouts: CheckoutTally['counts'];
  readonly unitsPlaced: number;
  readonly variants: FindingTotals;
  /** Variants, discounts and orders whose record contradicts itself. */
  readonly drift: number;
}

/** Sums up. Inversions and failed checkouts are told and do not make it fail. */
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
