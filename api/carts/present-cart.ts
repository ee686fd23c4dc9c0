import type { z } from 'zod';
import { isHeldBy } from '../../shared/domain/carts/cart-checkout.ts';
import { pick } from '../../shared/domain/pick.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { CartSummary } from './cart-store.ts';
import type { cart, cartSummary } from './schemas.ts';
import type { CartView } from './view-cart.ts';

/** Presents a cart at current prices. */
export function presentCart(view: CartView): z.output<typeof cart> {
  const { cart: record, current, checkout, holds, limits } = view;
  return {
    ...presentCommon(record),
    lines: current.lines.map((line) => ({
      ...pick(line, 'variantId', 'productId', 'shopId', 'sku', 'title', 'quantity', 'unitPrice'),
      ...pick(line, 'total', 'available', 'isForSale', 'quantityRule'),
      heldByYou: holds.get(line.variantId),
    })),
    ...pick(current, 'subtotal', 'isAmountTooLarge'),
    changes: [...current.changes],
    ...(limits.length > 0 && { purchaseLimits: limits.map(({ itemId: _, ...limit }) => limit) }),
    checkoutStatus: checkout?.status,
    isCheckedOut: checkout !== undefined && isHeldBy(checkout),
  };
}

/** Presents a cart in a list. */
export function summariseCart(record: CartSummary): z.output<typeof cartSummary> {
  return { ...presentCommon(record), ...pick(record, 'lineCount', 'units') };
}

function presentCommon(record: Omit<CartRecord, 'lines'>) {
  return {
    id: record._id,
    ...pick(record, 'buyerId', 'currency', 'checkoutId'),
    createdAt: record.createdAt.toISOString(),
    updatedAt: record.updatedAt.toISOString(),
    expiresAt: record.expiresAt.toISOString(),
  };
}
