/** A line of a cart: the place of its product among those that the scenario sells. */
export interface CartLine {
  readonly place: number;
  readonly quantity: number;
}

/** The lines of buyer `number` of a scenario that sells `places` products. */
export function toCart(
  scenario: 'hot' | 'spread' | 'mix',
  number: number,
  places: number,
): CartLine[];
