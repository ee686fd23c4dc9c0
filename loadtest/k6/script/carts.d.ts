/** The kinds of carts: the only product, one of many products, or several lines. */
export type CartKind = 'hot' | 'spread' | 'mix';

/** A cart line: the index of its product in the phase, and the quantity. */
export interface CartLine {
  readonly place: number;
  readonly quantity: number;
}

/** Returns the cart lines of buyer `number` in a phase with `places` products. */
export function toCart(cart: CartKind, number: number, places: number): CartLine[];
