/** A cart line: the index of its product among those of the scenario, and the quantity. */
export interface CartLine {
  readonly place: number;
  readonly quantity: number;
}

/** Returns the cart lines of buyer `number` in a scenario with `places` products. */
export function toCart(
  scenario: 'hot' | 'spread' | 'mix',
  number: number,
  places: number,
): CartLine[];
