import type { z } from 'zod';
import { isHeldBy } from '../../shared/domain/carts/cart-claim.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import { toEtag } from '../http/etag.ts';
import type { CartSummary } from './cart-store.ts';
import type { cart, cartSummary } from './schemas.ts';
import type { CartView } from './view-cart.ts';

/** Presents a cart at current prices. */
export function presentCart({ cart: record, now, checkout }: CartView): z.output<typeof cart> {
  const { lines, subtotal, isAmountTooLarge, changes } = now;
  return {
    id: record._id,
    buyerId: record.buyerId,
    ...(record.currency !== undefined && { currency: record.currency }),
    lines: lines.map(({ variantId, productId, shopId, sku, title, ...line }) => ({
      ...{ variantId, productId, shopId, sku, title },
      quantity: line.quantity,
      unitPrice: line.unitPrice,
      total: line.total,
      available: line.available,
      isForSale: line.isForSale,
      ...(line.quantityRule !== undefined && { quantityRule: { ...line.quantityRule } }),
    })),
    ...(subtotal !== undefined && { subtotal }),
    isAmountTooLarge,
    changes: [...changes],
    ...(record.checkoutId !== undefined && { checkoutId: record.checkoutId }),
    ...(checkout?.status !== undefined && { checkoutStatus: checkout.status }),
    isCheckedOut: checkout !== undefined && isHeldBy(checkout),
    ...presentTimes(record),
  };
}

/** Presents a cart in a list. */
export function summariseCart(record: CartSummary): z.output<typeof cartSummary> {
  const { lineCount, units, currency, checkoutId } = record;
  return {
    id: record._id,
    buyerId: record.buyerId,
    ...(currency !== undefined && { currency }),
    ...{ lineCount, units },
    ...(checkoutId !== undefined && { checkoutId }),
    ...presentTimes(record),
  };
}

/** Returns the response that contains a cart, with its `ETag`. */
export function cartReply(view: CartView) {
  return { status: 200, body: presentCart(view), headers: etagHeader(view) };
}

/** Returns the `ETag` header, which contains the revision of the cart. */
export function etagHeader({ cart: { revision } }: CartView) {
  return { etag: toEtag(revision) };
}

function presentTimes({ createdAt, updatedAt, expiresAt }: Omit<CartRecord, 'lines'>) {
  return {
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}
