import { LINE_QUANTITY_MAX } from '../../shared/contract/limits.ts';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import { mergeLines } from '../../shared/domain/lines.ts';
import { AMOUNT_MAX, subtotalOf } from '../../shared/domain/money.ts';
import type { PricedLine } from '../../shared/domain/vocabulary.ts';
import type { PriceBook, Quote } from './price-book.ts';
import type { CheckoutRequest } from './schemas.ts';

/** A request with its prices frozen; `total` in minor units. */
export interface PricedRequest {
  readonly lines: readonly PricedLine[];
  readonly currency: string;
  readonly total: number;
}

/**
 * Merges the lines of a request and freezes their prices.
 * @throws RefusedError unknown_variant, product_unpublished, currency_mismatch, amount_too_large,
 * or invalid_request when the lines of one variant sum to too much
 */
export async function priceRequest(
  priceBook: PriceBook,
  request: Pick<CheckoutRequest, 'lines'>,
): Promise<PricedRequest> {
  const merged = mergeLines(request.lines);
  const quotes = await priceBook.quotesOf(merged.map((line) => line.variantId));
  const currency = quotes.get(merged[0]?.variantId ?? '')?.currency ?? '';
  const lines = merged.map(({ variantId, quantity }): PricedLine => {
    const quote = quotes.get(variantId);
    const path = `lines.${request.lines.findIndex((line) => line.variantId === variantId)}`;
    const { productId, shopId, sku, title, unitPrice } = checked(quote, currency, path);
    if (quantity > LINE_QUANTITY_MAX) {
      const message = `The lines of one variant may sum to ${LINE_QUANTITY_MAX} units.`;
      throw refuseField('invalid_request', `${path}.quantity`, message);
    }
    return { variantId, productId, shopId, sku, title, quantity, unitPrice };
  });
  const total = subtotalOf(lines);
  if (total > AMOUNT_MAX) {
    throw refuseField('amount_too_large', 'lines', `The total may be ${AMOUNT_MAX} at most.`);
  }
  return { lines, currency, total };
}

function checked(quote: Quote | undefined, currency: string, path: string): Quote {
  if (quote === undefined) {
    throw refuseField('unknown_variant', `${path}.variantId`, 'There is no such variant.');
  }
  if (!quote.isPublished) {
    throw refuseField('product_unpublished', `${path}.variantId`, 'This is not for sale now.');
  }
  if (quote.currency === currency) return quote;
  const message = `Priced in ${quote.currency}, unlike the first line in ${currency}.`;
  throw new RefusedError('currency_mismatch', 'A checkout has one currency.', [
    { path: `${path}.variantId`, message },
  ]);
}
