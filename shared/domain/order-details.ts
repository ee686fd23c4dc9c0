import type { TransitionDecision } from './order-transitions.ts';
import { pick } from './pick.ts';

/** External references of an order's payment and parcel. */
export interface OrderDetails {
  /** The payment's id at the payment provider. */
  readonly paymentReference?: string;
  /** The carrier's number of the parcel; it replaces the order's own reference. */
  readonly trackingReference?: string;
  readonly carrier?: string;
}

type DetailName = keyof OrderDetails;

const NAMES: readonly DetailName[] = ['paymentReference', 'trackingReference', 'carrier'];

/** Picks the details from a record or a request. Absent details are omitted. */
export function pickDetails(
  record: {
    readonly [Name in DetailName]?: string | undefined;
  },
): OrderDetails {
  return pick(record, ...NAMES);
}

/**
 * Compares the details of a repeated move with the recorded details. The same details, or fewer,
 * change nothing. Different details are refused with the recorded value: a second payment for one
 * order must not pass as a repeat of the first.
 */
export function checkRepeatedDetails(
  decision: TransitionDecision,
  recorded: OrderDetails,
  requested: OrderDetails = {},
): TransitionDecision {
  if (decision.kind !== 'unchanged') return decision;
  const differing = NAMES.find(
    (name) => requested[name] !== undefined && requested[name] !== recorded[name],
  );
  if (differing === undefined) return decision;
  const known = recorded[differing];
  const reason = `the move has already happened, with ${
    known === undefined ? `no ${differing}` : `the ${differing} ${JSON.stringify(known)}`
  }`;
  return { kind: 'refused', reason };
}
