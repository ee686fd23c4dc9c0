import type { ReducingMove } from '../../domain/decide-reduction.ts';
import type { DrawStatus } from '../../domain/draws.ts';
import type { OrderMove } from '../../domain/order-transitions.ts';
import type { OrderStatus } from '../../domain/vocabulary.ts';

/** A move of a whole order; other moves can take off some of its units. */
export type PlainMove = Exclude<OrderMove, ReducingMove>;

/** Units of each variant, by its index. */
export type Cart = readonly number[];

/** The units and discounts that a buyer requests; variants and discounts are given by index. */
export interface Purchase {
  readonly cart: Cart;
  readonly buyer: number;
  readonly discounts: readonly number[];
  /** Whether it costs nothing, and is confirmed when it is placed. */
  readonly isFree?: boolean;
  /** Whether its storefront is not listed by its seller. */
  readonly isUnlisted?: boolean;
}

/** The expected state of an entry of a draw. */
export interface ModelEntry {
  readonly id: string;
  readonly purchase: Purchase;
  /** Its status, or the code of its rejection. */
  outcome: string;
  /** Whether it takes part: a withdrawal before the draw closes removes it from the entries. */
  isEntered: boolean;
}

/** The expected state of a draw. */
export interface ModelDraw {
  readonly id: string;
  /** In hex. */
  readonly seed: string;
  /** The index of its variant. */
  readonly variant: number;
  readonly quantity: number;
  readonly closesAt: Date;
  readonly entries: ModelEntry[];
  /** Attempts to enter, including failed ones. */
  attempts: number;
  status: DrawStatus;
  isFinishing: boolean;
  held: number;
  openOrders: number;
}

/** The expected state of an order. */
export interface ModelOrder extends Purchase {
  readonly id: string;
  readonly placedAt: Date;
  reservedUntil: Date;
  status: OrderStatus;
  /** The draw that gets its units back. */
  draw?: ModelDraw | undefined;
  /** Units of each variant, counted by what happened to them. */
  readonly taken: Record<'cancelled' | 'returned' | 'lost' | 'restocked' | 'packed', number[]>;
}

/** Counts the units that the buyer keeps, by variant. */
export function countKept({ cart, taken }: ModelOrder): Cart {
  const { cancelled, returned, lost } = taken;
  return cart.map(
    (units, variant) =>
      units - unitsOf(cancelled, variant) - unitsOf(returned, variant) - unitsOf(lost, variant),
  );
}

/** Counts the units of these variants. */
export function sumUnits(cart: Cart, variants: readonly number[]): number {
  return variants.reduce((sum, variant) => sum + (cart[variant] ?? 0), 0);
}

/** Returns the counts of an order from which no units were taken. */
export function nothingTaken(cart: Cart): ModelOrder['taken'] {
  const none = () => cart.map(() => 0);
  return {
    ...{ cancelled: none(), returned: none(), lost: none() },
    ...{ restocked: none(), packed: none() },
  };
}

/** Returns how many of these units are of one variant. */
export function unitsOf(units: readonly number[], variant: number): number {
  return units[variant] ?? 0;
}

/**
 * Counts the units that the move may still take off the order. A unit that can be cancelled can
 * also be sent.
 */
export function freeUnits(
  { cart, taken, status }: ModelOrder,
  move: ReducingMove,
  variant: number,
) {
  const [units, cancelled] = [unitsOf(cart, variant), unitsOf(taken.cancelled, variant)];
  const packed = unitsOf(taken.packed, variant);
  if (move === 'cancel') return units - cancelled - packed;
  const sent = status === 'confirmed' ? packed : units - cancelled;
  return sent - unitsOf(taken.returned, variant) - unitsOf(taken.lost, variant);
}

/** Returns the status that an order has after units were taken off it or packed. */
export function toStatus({ cart, taken, status }: ModelOrder): OrderStatus {
  const sum = (units: readonly number[]) => units.reduce((total, count) => total + count, 0);
  const { cancelled, returned, lost, packed } = taken;
  if (sum(cart) === sum(cancelled) + sum(returned) + sum(lost)) {
    if (sum(returned) > 0) return 'returned';
    return sum(lost) > 0 ? 'lost' : 'cancelled';
  }
  const isAllSent = sum(packed) > 0 && sum(packed) === sum(cart) - sum(cancelled);
  return status === 'confirmed' && isAllSent ? 'shipped' : status;
}

/** Sends these units in a parcel; returns the expected result. */
export function packOrder(order: ModelOrder, wanted: Cart | undefined): 'changed' | 'refused' {
  if (!['confirmed', 'shipped', 'delivered'].includes(order.status)) return 'refused';
  const free = order.cart.map((_, variant) => freeUnits(order, 'cancel', variant));
  const units = wanted ?? free;
  if (units.every((count) => count === 0)) return 'refused';
  if (!units.every((count, variant) => count <= unitsOf(free, variant))) return 'refused';
  units.forEach((count, variant) => {
    order.taken.packed[variant] = unitsOf(order.taken.packed, variant) + count;
  });
  order.status = toStatus(order);
  return 'changed';
}

/** Extends the reservation; returns the expected result. */
export function extendOrder(order: ModelOrder, ms: number, heldMsMax: number, now: Date) {
  const { status, placedAt, reservedUntil } = order;
  if (status !== 'pending' || now >= reservedUntil) return 'refused';
  const until = reservedUntil.getTime() + ms;
  if (until > placedAt.getTime() + heldMsMax) return 'too_long';
  order.reservedUntil = new Date(until);
  return 'extended';
}

/** Returns whether the status and the reservation of the order allow the move. */
export function mayMove(
  { status, reservedUntil }: ModelOrder,
  move: PlainMove,
  now: Date,
): boolean {
  const isOver = now >= reservedUntil;
  if (move === 'confirm') return status === 'pending' && !isOver;
  if (move === 'expire') return status === 'pending' && isOver;
  return status === (move === 'ship' ? 'confirmed' : 'shipped');
}
