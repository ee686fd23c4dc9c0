import type { Allocation } from './allocation.ts';
import type { ShopCharge } from './charges.ts';
import type { AppliedDiscount, RefusedDiscount } from './discounts/terms.ts';
import type { HeldShare } from './held-shares.ts';
import type { LapsedProduct } from './lapsed-holds.ts';
import { type ShopPart, shopParts } from './lines.ts';
import {
  findLimits,
  type ItemLimits,
  type KeptLimit,
  sumUnits,
  toKeptLimits,
} from './purchase-limits.ts';
import type { PricedLine } from './vocabulary.ts';

/** The fields of an accepted checkout that the decision depends on. */
export interface QueuedCheckout {
  readonly id: string;
  readonly lines: readonly PricedLine[];
  readonly total: number;
  readonly discounts?: readonly AppliedDiscount[] | undefined;
  readonly refusedDiscount?: RefusedDiscount | undefined;
  readonly buyerKey?: string | undefined;
  readonly charges?: readonly ShopCharge[] | undefined;
  /** Sellers that do not list its storefront; absent if each seller does. */
  readonly heldShares?: readonly HeldShare[] | undefined;
  /** Identifies the buyer for purchase limits; absent if no line has one. */
  readonly purchaser?: string | undefined;
  /** A product for which its buyer let too many holds lapse; absent if there is none. */
  readonly lapsed?: LapsedProduct | undefined;
  /** Shops whose order is confirmed in the transaction that places it, if its total is 0. */
  readonly confirmFreeOf?: readonly string[] | undefined;
  /** The total that the buyer expects, in minor units, if given. */
  readonly expectedTotal?: number | undefined;
  /** Set if it waits, or wants to wait, for units instead of being refused. */
  readonly wait?: CheckoutWait | undefined;
}

/** How a checkout waits for units. */
export interface CheckoutWait {
  /** Whether it waits already. */
  readonly isWaiting: boolean;
  /** Whether its time to wait is over. */
  readonly isOver: boolean;
  /** Whether it is served after all other checkouts, even if they were accepted later. */
  readonly isBehind?: boolean;
}

/** A line of an order; `version` is the stock version that its reservation made. */
export interface OrderLine extends PricedLine {
  readonly version: number;
}

/** A discount of an order; `version` is the discount's version after this use. */
export interface OrderDiscount {
  readonly discountId: string;
  readonly code: string;
  readonly amount: number;
  readonly version: number;
}

/** An order before it is stored. */
export interface OrderDraft extends ShopPart<OrderLine> {
  readonly discounts: readonly OrderDiscount[];
  /** The purchase limits that applied. */
  readonly limits: readonly KeptLimit[];
  /** Whether it is confirmed when it is placed: its total is 0, and its storefront may confirm. */
  readonly isConfirmed: boolean;
}

/**
 * Creates the orders of a placed checkout, one for each shop.
 * @throws RangeError if the checkout's claims were not granted
 */
export function toOrderDrafts(
  checkout: QueuedCheckout,
  allocation: Allocation | undefined,
  limits: ItemLimits,
): OrderDraft[] {
  if (!allocation?.granted) throw new RangeError(`checkout ${checkout.id} has no allocation`);
  const versionAt = (index: number): number => {
    const version = allocation.versions[index];
    if (version === undefined) throw new RangeError(`checkout ${checkout.id} lacks a version`);
    return version;
  };
  const lines = checkout.lines.map(
    (line, index): OrderLine => ({ ...line, version: versionAt(index) }),
  );
  const discounts = (checkout.discounts ?? []).map(({ shopId, ...own }, index) => ({
    shopId,
    own: { ...own, version: versionAt(lines.length + index) },
  }));
  // Purchases are claimed last, so their versions are at the end.
  const { length } = findLimits(lines, limits);
  const keptLimits = toKeptLimits(lines, limits, allocation.versions.slice(-length));
  return shopParts(lines, checkout.charges).map((part) => ({
    ...part,
    discounts: discounts.filter(({ shopId }) => shopId === part.shopId).map(({ own }) => own),
    limits: keptLimits.filter(({ itemId }) => sumUnits(itemId, part.lines) > 0),
    isConfirmed: part.total === 0 && checkout.confirmFreeOf?.includes(part.shopId) === true,
  }));
}
