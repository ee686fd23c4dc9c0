/** The carts of buyers: one product, one of all products, or several lines. */
export type CartKind = 'hot' | 'spread' | 'mix';

/** A cart line: the index of its product among those of the phase, and the quantity. */
export interface CartLine {
  readonly place: number;
  readonly quantity: number;
}

/** Returns the cart lines of buyer `number` in a phase with `places` products. */
export function toCart(cart: CartKind, number: number, places: number): CartLine[];
