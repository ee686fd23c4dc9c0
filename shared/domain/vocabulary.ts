/**
 * The terms of Lastunit.
 *
 * - **variant**: what a buyer can put in a cart, identified within its shop by a SKU.
 * - **stock level**: the counters of one variant: units on hand, reserved and sold.
 * - **available**: units on hand that are not reserved (`onHand - reserved`).
 * - **checkout**: a buyer's request to buy lines at frozen prices. It is *accepted* when it is
 *   stored, and *settled* when it is placed, rejected or failed. Before it is settled, it may be
 *   *waiting* for units or for a draw.
 * - **order**: one shop's part of a placed checkout. While it is pending, it holds a *reservation*
 *   of its units.
 * - **reduction**: units that were cancelled, returned or lost, with the amount that the order
 *   costs less. It is a *refund* if the order had been paid.
 * - **parcel**: units of an order that were sent at one time.
 * - **movement**: one recorded change of a variant's stock level other than a reservation by an
 *   order, which is recorded in the order's line.
 * - **version**: counts the changes of one variant's stock level; each movement and each order line
 *   carries the version that it made.
 * - **outbox**: events written with the change that caused them, relayed afterwards.
 * - **webhook**: an endpoint of a shop to which events are sent. A **delivery** is one event on its
 *   way to one webhook, an **attempt** is one try to send it.
 * - **principal**: the caller: an API key, a shop's session, a buyer or an operator.
 */

/** The role of an operator: an admin may make changes, a read-only operator may only read. */
export const OPERATOR_ROLES = ['admin', 'read-only'] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

/** Statuses of a checkout that has no outcome yet; a waiting checkout is not in the queue. */
export const OPEN_STATUSES = ['queued', 'waiting'] as const;

/**
 * Status of a checkout. `placed` and `rejected` are final; a `failed` checkout is parked, and an
 * operator may replay it.
 */
export type CheckoutStatus = (typeof OPEN_STATUSES)[number] | 'placed' | 'rejected' | 'failed';

/** Returns whether a checkout with this status has no outcome yet. */
export function isOpenStatus(status: CheckoutStatus): boolean {
  return OPEN_STATUSES.some((open) => open === status);
}

/** Status of an order; see `order-transitions.ts` for the moves between them. */
export type OrderStatus =
  | 'pending'
  | 'confirmed'
  | 'shipped'
  | 'delivered'
  | 'cancelled'
  | 'expired'
  | 'returned'
  | 'lost';

/** The reasons for refusing a checkout. A refusal is an outcome, not an error. */
export const REJECTION_CODES = [
  'out_of_stock',
  'held_share_reached',
  'purchase_limit_reached',
  'discount_exhausted',
  'discount_not_applicable',
  'price_changed',
  'product_unavailable',
  'withdrawn',
  'wait_over',
  'not_drawn',
  'too_many_lapsed_holds',
] as const;

/** See `REJECTION_CODES`. */
export type RejectionCode = (typeof REJECTION_CODES)[number];

/**
 * A product can be bought only while it is published. A deleted product remains only as a record.
 */
export type ProductStatus = 'draft' | 'published' | 'deleted';

/** Counters of one variant, in units. `version` counts the changes made to them. */
export interface StockLevel {
  readonly variantId: string;
  readonly productId: string;
  readonly shopId: string;
  readonly onHand: number;
  readonly reserved: number;
  readonly sold: number;
  readonly version: number;
  /** The number of available units at or below which its shop gets an alert. */
  readonly lowStockThreshold?: number;
  /**
   * Incremented by each batch of checkouts that begin to wait for the variant; absent only if no
   * checkout waits.
   */
  readonly waits?: number;
  /** Units that pending orders of unlisted storefronts hold; absent for 0. */
  readonly heldByUnlisted?: number;
  /**
   * The time since which there are free units that were not yet offered to all waiting checkouts.
   */
  readonly freedAt?: Date;
  /**
   * The largest number of holds of its product that any buyer has let lapse in a row, at most
   * `LAPSES_MAX`; absent only if no hold has lapsed.
   */
  readonly lapses?: number;
}

/** A line of a checkout or an order at its frozen price (`unitPrice` in minor units). */
export interface PricedLine {
  readonly variantId: string;
  readonly productId: string;
  readonly shopId: string;
  readonly sku: string;
  readonly title: string;
  readonly quantity: number;
  readonly unitPrice: number;
  /** The amount that discounts take off the whole line, in minor units; absent if there is none. */
  readonly discount?: number;
}

/** Returns the number of units on hand that are not reserved. */
export function availableUnits(level: Pick<StockLevel, 'onHand' | 'reserved'>): number {
  return level.onHand - level.reserved;
}

/** The signed change of each counter, in units. */
export interface StockDelta {
  readonly onHand: number;
  readonly reserved: number;
  readonly sold: number;
}

/** A transaction's change of one variant's level. The level must still be at `fromVersion`. */
export interface StockChange {
  readonly variantId: string;
  readonly fromVersion: number;
  readonly toVersion: number;
  readonly delta: StockDelta;
  /** The change of `heldByUnlisted`, in units; absent for 0. */
  readonly heldByUnlisted?: number;
  /** Set if checkouts wait for the variant and units of it have become free. */
  readonly freed?: FreedUnits;
  readonly waits?: WaitsChange;
  /** The new `lapses` of the level; absent if they do not change. */
  readonly lapses?: number;
}

/** A variant whose units have become free; `since` is absent if none were free before. */
export interface FreedUnits {
  readonly variantId: string;
  readonly productId: string;
  readonly since?: Date;
}

/** A transaction's change of the mark that a stock level has for waiting checkouts. */
export interface WaitsChange {
  /** `begun` if checkouts begin to wait; `none` if no checkout waits any longer. */
  readonly mark?: 'begun' | 'none';
  /** The time at which units became free; null when they were offered to all waiting checkouts. */
  readonly freedAt?: Date | null;
}
