import type { CartKind } from './script/carts.js';

/** How buyers follow their checkout, or what else they do. */
export type BuyerKind =
  | 'long-polling'
  | 'polling'
  | 'streaming'
  | 'carts'
  | 'duplicates'
  | 'limited'
  | 'patient'
  | 'draw';

/** Thresholds in ms: for the response to the POST, and from the POST to the outcome. */
export interface LimitsMs {
  readonly postP95: number;
  readonly postP99: number;
  readonly outcomeP95: number;
  readonly outcomeP99: number;
}

/** A part of a run with a constant load; `rate` is in checkouts per second. */
export interface Phase {
  readonly name: string;
  readonly cart: CartKind;
  readonly buyer: BuyerKind;
  readonly rate: number;
  readonly seconds: number;
  /** The stock of each product in percent of its demand. */
  readonly stockPercent: number;
  readonly limitsMs: LimitsMs;
  /** Whether the API may shed load in this phase. */
  readonly mayShed: boolean;
  /**
   * The maximum seconds that a buyer stays, if it differs from other phases. k6 needs more buyers
   * the longer they stay.
   */
  readonly patienceS?: number;
}

/** Ten times what an idle laptop needs. `npm run bench` measures the actual speed. */
export const LIMITS_MS: LimitsMs = {
  postP95: 500,
  postP99: 1_000,
  outcomeP95: 1_000,
  outcomeP99: 2_000,
};

/** The pause between two phases. */
export const PAUSE_S = 2;

/** Returns how many seconds the phases and the pauses between them take, with a pause at the end. */
export function totalSeconds(phases: readonly Phase[]): number {
  return phases.reduce((sum, { seconds }) => sum + seconds + PAUSE_S, 0);
}

/** Describes the load of phases, with their names if there are several. */
export function describeLoad(phases: readonly Pick<Phase, 'name' | 'rate' | 'seconds'>[]): string {
  const loads = phases.map(({ name, rate, seconds }) => {
    return `${phases.length > 1 ? `${name} ` : ''}${rate}/s for ${seconds} s`;
  });
  return loads.join(', ');
}
