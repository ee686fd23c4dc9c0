import { refuseField } from './errors.ts';
import type { ItemLimit } from './purchase-limits.ts';
import { checkQuantity, type QuantityRule } from './quantity-rule.ts';
import type { PricedLine } from './vocabulary.ts';

/** The current offer of a variant. */
export interface Offer extends Omit<PricedLine, 'quantity' | 'discount'> {
  readonly currency: string;
  readonly isPublished: boolean;
  /** False if the seller does not let the storefront sell the variant. */
  readonly maySell?: boolean;
  /**
   * Set if the seller does not list the storefront: the share of units on hand that such
   * storefronts may hold.
   */
  readonly heldShareMax?: number;
  readonly quantityRule?: QuantityRule;
  /** The purchase limits of the variant and of its product; absent if there are none. */
  readonly limits?: readonly ItemLimit[];
  /** When the variant can be bought: from `saleFrom`, and before `saleUntil`. */
  readonly saleFrom?: Date;
  readonly saleUntil?: Date;
}

/** Returns whether a variant is published and the storefront may sell it. */
export function isOffered(offer: Offer | undefined): offer is Offer {
  return offer?.isPublished === true && offer.maySell !== false;
}

/** A line that a buyer wants. */
interface WantedLine {
  readonly variantId: string;
  readonly quantity: number;
  /** The currency of the other lines; undefined if there are none. */
  readonly currency: string | undefined;
  /** Precedes the names of fields in refusals, e.g. `lines.0.`. */
  readonly path: string;
}

/**
 * Checks that the offer of a line can be bought, in this quantity and currency. Refusals name the
 * variant, because a request with a `cartId` does not list its lines.
 * @throws RefusedError unknown_variant, product_unpublished, storefront_not_allowed,
 * storefront_not_listed, currency_mismatch, invalid_request (too many units) or
 * quantity_not_allowed
 */
export function checkOffer(
  offer: Offer | undefined,
  { variantId, quantity, currency, path }: WantedLine,
  quantityMax: number,
): Offer {
  const variantPath = `${path}variantId`;
  const quantityPath = `${path}quantity`;
  if (offer === undefined) {
    throw refuseField('unknown_variant', variantPath, 'There is no such variant.', { variantId });
  }
  if (!offer.isPublished) {
    const message = 'The product is not for sale now.';
    throw refuseField('product_unpublished', variantPath, message, { variantId });
  }
  if (offer.maySell === false) {
    const { shopId, limits } = offer;
    if (limits !== undefined) {
      const message =
        'The variant is limited per buyer, and its shop does not list this storefront.';
      throw refuseField('storefront_not_listed', variantPath, message, { variantId, shopId });
    }
    const message = 'The shop of the variant does not let this storefront sell it.';
    throw refuseField('storefront_not_allowed', variantPath, message, { variantId, shopId });
  }
  if (currency !== undefined && offer.currency !== currency) {
    const message = `The price is in ${offer.currency}, but the other prices are in ${currency}.`;
    throw refuseField('currency_mismatch', variantPath, message, { variantId });
  }
  if (quantity > quantityMax) {
    const message = `At most ${quantityMax} units of one variant are possible.`;
    throw refuseField('invalid_request', quantityPath, message, { variantId });
  }
  checkQuantity(offer.quantityRule, quantity, quantityPath, variantId);
  return offer;
}
