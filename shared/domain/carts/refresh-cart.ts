import { AMOUNT_MAX } from '../money.ts';
import { isQuantityAllowed, nearestQuantity, type QuantityRule } from '../quantity-rule.ts';
import { type CartContent, type CartLine, isBuyable, isOffered, type Offer } from './cart-lines.ts';

/**
 * What a buyer is to be told of a line:
 *
 * - `price_changed`: since it was last seen, from `before` to `after`, in minor units;
 * - `withdrawn`: it is not for sale any more; `currency_changed`: not in the cart's currency;
 * - `unavailable`, `not_enough`: of the `before` units wanted there are `after`;
 * - `quantity_not_allowed`: `before` units are not sold any more, `after` would be.
 *
 * The first is told until the price has been seen, the others for as long as they are so.
 */
export type CartChangeKind =
  | 'price_changed'
  | 'withdrawn'
  | 'currency_changed'
  | 'unavailable'
  | 'not_enough'
  | 'quantity_not_allowed';

/** What is told of a variant; `before` and `after` are prices or units, as the kind has it. */
export interface CartChange {
  readonly variantId: string;
  readonly kind: CartChangeKind;
  readonly before?: number;
  readonly after?: number;
}

/** A line as it stands now; amounts in minor units. */
export interface RefreshedLine extends CartLine {
  /** Units that anybody can buy now. */
  readonly available: number;
  /** One that is not costs nothing, and must be removed before the cart is checked out. */
  readonly isForSale: boolean;
  readonly total: number;
  readonly quantityRule?: QuantityRule;
}

/** A cart as it stands now; amounts in minor units. */
export interface RefreshedCart {
  readonly lines: readonly RefreshedLine[];
  /** Of the lines that are for sale, before discounts. Absent if no number can hold it exactly. */
  readonly subtotal?: number;
  /** Whether the subtotal is more than a checkout can come to. */
  readonly isAmountTooLarge: boolean;
  readonly changes: readonly CartChange[];
}

/**
 * Shows a cart at today's prices and availability. What is not for sale keeps the title and price
 * at which it was seen, for its present ones may be none of the buyer's business.
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
