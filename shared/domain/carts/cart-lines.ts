import { refuseField } from '../errors.ts';
import { AMOUNT_MAX } from '../money.ts';
import { checkOffer, isOffered, type Offer } from '../offers.ts';
import { pick } from '../pick.ts';
import type { PricedLine } from '../vocabulary.ts';

/** A line of a cart, with the title and price (minor units) at which the buyer last saw it. */
export type CartLine = Omit<PricedLine, 'discount'>;

/**
 * The content of a cart: one line for each variant, all in one currency. An empty cart has no
 * currency.
 */
export interface CartContent {
  readonly lines: readonly CartLine[];
  readonly currency?: string;
}

/** A requested change: `set` the quantity, where 0 removes the line, or `add` to it. */
export interface LineWrite {
  readonly mode: 'set' | 'add';
  readonly variantId: string;
  readonly quantity: number;
}

/** The bounds of a cart. */
export interface CartBounds {
  readonly linesMax: number;
  readonly quantityMax: number;
}

/**
 * Writes one line of a cart with its current title and price, which then count as seen.
 * @param path precedes the names of fields in refusals, e.g. `lines.0.`
 * @returns the same content if nothing changes
 * @throws RefusedError for the reasons of `checkOffer`, cart_full or amount_too_large
 */
export function writeLine(
  content: CartContent,
  write: LineWrite,
  offer: Offer | undefined,
  { bounds, path = '' }: { readonly bounds: CartBounds; readonly path?: string },
): CartContent {
  const { variantId, mode } = write;
  const present = content.lines.find((line) => line.variantId === variantId);
  const quantity = write.quantity + (mode === 'add' ? (present?.quantity ?? 0) : 0);
  if (quantity === 0) return withoutLine(content, variantId);
  const wanted = { variantId, quantity, currency: content.currency, path };
  const checked = checkOffer(offer, wanted, bounds.quantityMax);
  if (present === undefined && content.lines.length >= bounds.linesMax) {
    const message = `A cart has at most ${bounds.linesMax} lines.`;
    throw refuseField('cart_full', `${path}variantId`, message);
  }
  const line = { ...seenAt(checked), quantity };
  if (present !== undefined && isSameLine(present, line)) return content;
  if (present === undefined || quantity > present.quantity) {
    checkAmount([...content.lines.filter((other) => other !== present), line], `${path}quantity`);
  }
  const lines =
    present === undefined
      ? [...content.lines, line]
      : content.lines.map((other) => (other === present ? line : other));
  return { lines, currency: checked.currency };
}

/**
 * Updates the lines that can be bought to the prices of these offers, which the buyer has now seen.
 * @returns the same content if nothing changes
 */
export function acknowledge(content: CartContent, offers: ReadonlyMap<string, Offer>): CartContent {
  const lines = content.lines.map((line) => {
    const offer = offers.get(line.variantId);
    if (offer === undefined || !isBuyable(offer, content.currency)) return line;
    return offer.unitPrice === line.unitPrice ? line : { ...line, ...seenAt(offer) };
  });
  const isChanged = lines.some((line, index) => line !== content.lines[index]);
  return isChanged ? { ...content, lines } : content;
}

/** Returns whether the offer can be bought in a cart of this currency. */
export function isBuyable(offer: Offer | undefined, currency: string | undefined): boolean {
  return isOffered(offer) && (currency === undefined || offer.currency === currency);
}

function isSameLine(first: CartLine, second: CartLine): boolean {
  const fields = ['quantity', 'unitPrice', 'title', 'sku', 'productId', 'shopId'] as const;
  return fields.every((field) => first[field] === second[field]);
}

function withoutLine(content: CartContent, variantId: string): CartContent {
  const lines = content.lines.filter((line) => line.variantId !== variantId);
  if (lines.length === content.lines.length) return content;
  // An empty cart has no currency.
  return lines.length === 0 ? { lines } : { ...content, lines };
}

/** @throws RefusedError amount_too_large */
function checkAmount(lines: readonly CartLine[], path: string): void {
  const amount = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  if (amount <= AMOUNT_MAX) return;
  const message = `The total of the cart would be more than ${AMOUNT_MAX} minor units.`;
  throw refuseField('amount_too_large', path, message);
}

function seenAt(offer: Offer): Omit<CartLine, 'quantity'> {
  return pick(offer, 'variantId', 'productId', 'shopId', 'sku', 'title', 'unitPrice');
}
