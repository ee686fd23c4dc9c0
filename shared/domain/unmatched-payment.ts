import type { OrderActorKind, OrderMove, TransitionDecision } from './order-transitions.ts';

/**
 * The maximum number of unmatched payments in an order's history. Only the audit log contains
 * further ones.
 */
export const UNMATCHED_PAYMENTS_MAX = 1_000;

/** The payments of an order. */
interface PaidOrder {
  readonly paymentReference?: string;
  readonly history: readonly { readonly kind?: string; readonly paymentReference?: string }[];
}

/** A requested move, with its decision. */
interface DecidedMove {
  readonly move: OrderMove;
  readonly actorKind?: OrderActorKind;
  readonly paymentReference?: string;
  readonly decision: Pick<TransitionDecision, 'kind'>;
}

/**
 * Returns the reference of a payment that was taken for an order but cannot be applied to it: a
 * seller or storefront confirms with a reference, and the confirmation is refused. Returns
 * undefined if the order has already recorded that reference.
 */
export function findUnmatchedPayment(order: PaidOrder, requested: DecidedMove): string | undefined {
  const { move, actorKind, paymentReference, decision } = requested;
  if (move !== 'confirm' || actorKind === 'buyer' || decision.kind !== 'refused') return undefined;
  if (paymentReference === undefined || paymentReference === order.paymentReference) {
    return undefined;
  }
  const isKnown = order.history.some(
    (entry) => isUnmatchedPayment(entry) && entry.paymentReference === paymentReference,
  );
  return isKnown ? undefined : paymentReference;
}

/** Returns whether an order's history has room for another unmatched payment. */
export function hasRoomForPayment({ history }: Pick<PaidOrder, 'history'>): boolean {
  return history.filter(isUnmatchedPayment).length < UNMATCHED_PAYMENTS_MAX;
}

function isUnmatchedPayment({ kind }: { readonly kind?: string }): boolean {
  return kind === 'payment_unmatched';
}
