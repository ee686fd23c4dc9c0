import { AMOUNT_MAX } from '../money.ts';
import { isOffered, type Offer } from '../offers.ts';
import { isQuantityAllowed, nearestQuantity, type QuantityRule } from '../quantity-rule.ts';
import { type CartContent, type CartLine, isBuyable } from './cart-lines.ts';

/**
 * The changes of a line that a buyer is shown:
 *
 * - `price_changed`: the price was `before` when last seen and is now `after`, in minor units;
 * - `withdrawn`: no longer for sale; `currency_changed`: no longer in the cart's currency;
 * - `unavailable`, `not_enough`: of the `before` units in the cart, only `after` are available;
 * - `quantity_not_allowed`: `before` units can no longer be bought, `after` can;
 * - `too_many_lapsed_holds`: the buyer can only wait for the `before` units, behind others;
 * - `held_share_reached`: the storefront is not listed and may hold only `after` of the `before`
 *   units;
 * - `purchase_limit_reached`: the buyer may still buy only `after` of the `before` units.
 *
 * `price_changed` is shown until the buyer has seen the price. The other kinds are shown while
 * their cause lasts.
 */
export type CartChangeKind =
  | 'price_changed'
  | 'withdrawn'
  | 'currency_changed'
  | 'unavailable'
  | 'not_enough'
  | 'quantity_not_allowed'
  | 'too_many_lapsed_holds'
  | 'held_share_reached'
  | 'purchase_limit_reached';

/** A change of a variant; `before` and `after` are prices or units, depending on the kind. */
export interface CartChange {
  readonly variantId: string;
  readonly kind: CartChangeKind;
  readonly before?: number;
  readonly after?: number;
}

/** A line at current prices; amounts in minor units. */
export interface RefreshedLine extends CartLine {
  /** The number of units that can be bought now. */
  readonly available: number;
  /** If false, the line adds 0 to the total and must be removed before the cart is checked out. */
  readonly isForSale: boolean;
  readonly total: number;
  readonly quantityRule?: QuantityRule;
}

/** A cart at current prices; amounts in minor units. */
export interface RefreshedCart {
  readonly lines: readonly RefreshedLine[];
  /** The sum of the lines for sale, before discounts. Absent if it is not a safe integer. */
  readonly subtotal?: number;
  /** Whether the subtotal is above the maximum of a checkout. */
  readonly isAmountTooLarge: boolean;
  readonly changes: readonly CartChange[];
}

/**
 * Returns a cart at current prices and availability. A line that is not for sale keeps the title
 * and price at which it was last seen, because the buyer may not be allowed to see the current
 * values.
 */
export function refreshCart(
  content: CartContent,
  offers: ReadonlyMap<string, Offer>,
  available: ReadonlyMap<string, number>,
): RefreshedCart {
  const changes: CartChange[] = [];
  const lines = content.lines.map((line): RefreshedLine => {
    const offer = offers.get(line.variantId);
    if (offer === undefined || !isBuyable(offer, content.currency)) {
      const kind = isOffered(offer) ? 'currency_changed' : 'withdrawn';
      changes.push({ variantId: line.variantId, kind });
      return { ...line, available: 0, isForSale: false, total: 0 };
    }
    const { sku, title, unitPrice, quantityRule } = offer;
    const units = Math.max(0, available.get(line.variantId) ?? 0);
    changes.push(...findChanges(line, offer, units));
    return {
      ...{ ...line, sku, title, unitPrice },
      available: units,
      isForSale: true,
      total: line.quantity * unitPrice,
      ...(quantityRule !== undefined && { quantityRule }),
    };
  });
  const subtotal = lines.reduce((sum, { total }) => sum + total, 0);
  return {
    lines,
    ...(Number.isSafeInteger(subtotal) && { subtotal }),
    isAmountTooLarge: subtotal > AMOUNT_MAX,
    changes,
  };
}

function findChanges(line: CartLine, offer: Offer, available: number): CartChange[] {
  const { variantId, quantity } = line;
  const { quantityRule, unitPrice } = offer;
  const changes: CartChange[] = [];
  if (unitPrice !== line.unitPrice) {
    changes.push({ variantId, kind: 'price_changed', before: line.unitPrice, after: unitPrice });
  }
  if (available < quantity) {
    const kind = available === 0 ? 'unavailable' : 'not_enough';
    changes.push({ variantId, kind, before: quantity, after: available });
  }
  if (quantityRule !== undefined && !isQuantityAllowed(quantityRule, quantity)) {
    const after = nearestQuantity(quantityRule, quantity);
    changes.push({ variantId, kind: 'quantity_not_allowed', before: quantity, after });
  }
  return changes;
}
