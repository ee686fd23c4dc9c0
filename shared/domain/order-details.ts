import type { TransitionDecision } from './order-transitions.ts';

/** What the world outside calls an order's payment and its parcel. */
export interface OrderDetails {
  /** What the payment is called where it was taken. */
  readonly paymentReference?: string;
  /** The carrier's number of the parcel; it takes the place of the order's own. */
  readonly trackingReference?: string;
  readonly carrier?: string;
}

type DetailName = keyof OrderDetails;

const NAMES: readonly DetailName[] = ['paymentReference', 'trackingReference', 'carrier'];

/** The details among whatever else a record or a request holds; absent ones are left out. */
export function pickDetails(
  record: {
    readonly [Name in DetailName]?: string | undefined;
  },
): OrderDetails {
  return Object.fromEntries(
    NAMES.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]])),
  );
}

/**
 * Holds a repeated move to what was told the first time. Telling the same again, or less, changes
 * nothing; telling otherwise is refused with what is recorded, since a second payment for one
 * order is worth knowing and must not be answered as if it were the first.
 */
export function holdToDetails(
  decision: TransitionDecision,
  recorded: OrderDetails,
  asked: OrderDetails = {},
): TransitionDecision {
  if (decision.kind !== 'unchanged') return decision;
  const other = NAMES.find((name) => asked[name] !== undefined && asked[name] !== recorded[name]);
  if (other === undefined) return decision;
  const known = recorded[other];
  const reason = `it has already happened, with ${
    known === undefined ? `no ${other}` : `the ${other} ${JSON.stringify(known)}`
  }`;
  return { kind: 'refused', reason };
}
