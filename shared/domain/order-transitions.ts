import type { OrderStatus } from './vocabulary.ts';

/** What can be asked of an order. `expire` is asked by the sweep only. */
export type OrderMove = 'confirm' | 'cancel' | 'expire' | 'ship' | 'deliver';

/** How one unit of an order's line changes the variant's counters. */
export interface OrderEffect {
  readonly onHand: -1 | 0 | 1;
  readonly reserved: -1 | 0;
  readonly sold: -1 | 0 | 1;
  /** Whether the order's discounts get back the use that they had by it. */
  readonly endsUse: boolean;
}

interface Transition {
  readonly to: OrderStatus;
  readonly effect: OrderEffect;
}

const NOTHING: OrderEffect = { onHand: 0, reserved: 0, sold: 0, endsUse: false };
const TAKEN: OrderEffect = { onHand: -1, reserved: -1, sold: 1, endsUse: false };
const RELEASED: OrderEffect = { onHand: 0, reserved: -1, sold: 0, endsUse: true };
const RETURNED: OrderEffect = { onHand: 1, reserved: 0, sold: -1, endsUse: true };

/** Every allowed move, by the status it starts from. What is not here is refused. */
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
  shipped: { deliver: { to: 'delivered', effect: NOTHING } },
  delivered: {},
  cancelled: {},
  expired: {},
};

/**
 * Who asks for a move: the shop that sells the order (and the system for it), the storefront of
 * another shop that placed it, or its buyer.
 */
export type OrderActorKind = 'seller' | 'storefront' | 'buyer';

/**
 * What those who do not sell the order may do with it, and from which status. Both may take back
 * what is pending. A storefront confirms where the seller lets it, which is checked before.
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
};

/** What a move does to an order in a given status. */
export type TransitionDecision =
  | { readonly kind: 'moved'; readonly to: OrderStatus; readonly effect: OrderEffect }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Decides a move. Asking again for what has already happened changes nothing. A reservation ends
 * at `reservedUntil` exactly: from then on it can only expire, whether or not the sweep has come
 * by yet, so that the outcome does not depend on the sweep's timing. Buyers and storefronts are
 * refused what only the seller may do.
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
    const reason = `an order that is ${order.status} and not ${onlyFrom} is out of their hands`;
    return { kind: 'refused', reason };
  }
  // What somebody typed into a shell may be no status at all: nothing can be done with that either.
  const from: Partial<Readonly<Record<OrderMove, Transition>>> | undefined =
    ORDER_TRANSITIONS[order.status];
  const transition = from?.[move];
  if (transition === undefined) {
    return { kind: 'refused', reason: `an order that is ${order.status} cannot ${move}` };
  }
  const isOver = now.getTime() >= order.reservedUntil.getTime();
  if (order.status === 'pending' && move === 'confirm' && isOver) {
    return { kind: 'refused', reason: 'the reservation has expired' };
  }
  if (move === 'expire' && !isOver) {
    return { kind: 'refused', reason: 'the reservation has not expired yet' };
  }
  return { kind: 'moved', to: transition.to, effect: transition.effect };
}
