import type { OrderStatus } from './vocabulary.ts';

/** The moves of an order. Only the system makes the move `expire`. */
export type OrderMove = 'confirm' | 'cancel' | 'expire' | 'ship' | 'deliver' | 'return' | 'lose';

/** How a move changes the variant's counters, for each unit of a line. */
export interface OrderEffect {
  readonly onHand: -1 | 0 | 1;
  readonly reserved: -1 | 0;
  readonly sold: -1 | 0 | 1;
  /** Whether units and uses must be claimed again, like those of a new checkout. */
  readonly isNewClaim?: true;
}

interface Transition {
  readonly to: OrderStatus;
  readonly effect: OrderEffect;
}

const NOTHING: OrderEffect = { onHand: 0, reserved: 0, sold: 0 };
const TAKEN: OrderEffect = { onHand: -1, reserved: -1, sold: 1 };
const RELEASED: OrderEffect = { onHand: 0, reserved: -1, sold: 0 };
const REACQUIRED: OrderEffect = { onHand: -1, reserved: 0, sold: 1, isNewClaim: true };
const RETURNED: OrderEffect = { onHand: 1, reserved: 0, sold: -1 };

/**
 * Every allowed move of a whole order, by the status it starts from. All other moves are refused.
 * Returned and lost units change the counters only if they go back on sale.
 */
export const ORDER_TRANSITIONS: Readonly<
  Record<OrderStatus, Partial<Readonly<Record<OrderMove, Transition>>>>
> = {
  pending: {
    confirm: { to: 'confirmed', effect: TAKEN },
    cancel: { to: 'cancelled', effect: RELEASED },
    expire: { to: 'expired', effect: RELEASED },
  },
  confirmed: {
    ship: { to: 'shipped', effect: NOTHING },
    cancel: { to: 'cancelled', effect: RETURNED },
  },
  shipped: {
    deliver: { to: 'delivered', effect: NOTHING },
    return: { to: 'returned', effect: RETURNED },
    lose: { to: 'lost', effect: RETURNED },
  },
  delivered: {
    return: { to: 'returned', effect: RETURNED },
    lose: { to: 'lost', effect: RETURNED },
  },
  cancelled: {},
  expired: {},
  returned: {},
  lost: {},
};

/**
 * Who makes a move: the shop that sells the order (or the system for it), the storefront of another
 * shop that placed it, or its buyer.
 */
export type OrderActorKind = 'seller' | 'storefront' | 'buyer';

/**
 * The moves of storefronts and buyers, with the status that they start from. Both may cancel a
 * pending order. Whether the seller lets a storefront confirm is checked by the caller.
 */
const LIMITED_MOVES: Readonly<
  Record<Exclude<OrderActorKind, 'seller'>, Readonly<Partial<Record<OrderMove, OrderStatus>>>>
> = {
  storefront: { cancel: 'pending', confirm: 'pending' },
  buyer: { cancel: 'pending' },
};

const TARGET: Readonly<Record<OrderMove, OrderStatus>> = {
  confirm: 'confirmed',
  cancel: 'cancelled',
  expire: 'expired',
  ship: 'shipped',
  deliver: 'delivered',
  return: 'returned',
  lose: 'lost',
};

/** The decision on a move. */
export type TransitionDecision =
  | { readonly kind: 'moved'; readonly to: OrderStatus; readonly effect: OrderEffect }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: string };

/** Returns whether a reservation has ended: `now` is `reservedUntil` or later. */
export function isReservationOver(
  { reservedUntil }: { readonly reservedUntil: Date },
  now: Date,
): boolean {
  return now.getTime() >= reservedUntil.getTime();
}

/**
 * Decides a move. A repeated move changes nothing. A reservation ends exactly at `reservedUntil`:
 * from then on the order cannot be confirmed, even if the sweep has not expired it yet. A pending
 * order can always be cancelled.
 */
export function decideTransition(
  order: { readonly status: OrderStatus; readonly reservedUntil: Date },
  move: OrderMove,
  now: Date,
  by: OrderActorKind = 'seller',
): TransitionDecision {
  const onlyFrom = by === 'seller' ? order.status : LIMITED_MOVES[by][move];
  if (onlyFrom === undefined) {
    return { kind: 'refused', reason: `a ${by} cannot ${move} an order` };
  }
  if (order.status === TARGET[move]) return { kind: 'unchanged' };
  if (order.status !== onlyFrom) {
    const reason = `a ${by} cannot ${move} an order that is ${order.status} and not ${onlyFrom}`;
    return { kind: 'refused', reason };
  }
  // A status that was edited in the database may not exist: it allows no move.
  const from: Partial<Readonly<Record<OrderMove, Transition>>> | undefined =
    ORDER_TRANSITIONS[order.status];
  const transition = from?.[move];
  if (transition === undefined) {
    return {
      kind: 'refused',
      reason: `an order that is ${order.status} does not allow ${move}`,
    };
  }
  const isOver = isReservationOver(order, now);
  if (order.status === 'pending' && move === 'confirm' && isOver) {
    return { kind: 'refused', reason: 'the reservation has expired' };
  }
  if (move === 'expire' && !isOver) {
    return { kind: 'refused', reason: 'the reservation has not expired yet' };
  }
  return { kind: 'moved', to: transition.to, effect: transition.effect };
}

/**
 * Decides a confirmation that is allowed after the reservation has ended. A pending order keeps its
 * units. An expired order must claim them again. Any other order is decided as by
 * `decideTransition`.
 */
export function decideReacquisition(
  order: { readonly status: OrderStatus; readonly reservedUntil: Date },
  now: Date,
  by: OrderActorKind = 'seller',
): TransitionDecision {
  const usual = decideTransition(order, 'confirm', now, by);
  if (usual.kind !== 'refused' || by === 'buyer') return usual;
  if (order.status === 'pending') return { kind: 'moved', to: 'confirmed', effect: TAKEN };
  if (order.status === 'expired') return { kind: 'moved', to: 'confirmed', effect: REACQUIRED };
  return usual;
}
