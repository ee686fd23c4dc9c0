/** Units of each variant, by its place in the list. */
type Cart = readonly number[];

/** Lapses in a row after which a buyer waits behind others. */
const LAPSES_MAX = 3;

/** The expected number of holds of each product that each buyer has let lapse in a row. */
export class LapseModel {
  /** The variants of each product, by their places in the list. */
  readonly #products: readonly (readonly number[])[];
  readonly #rows: Map<string, number>;

  constructor(products: readonly (readonly number[])[], rows = new Map<string, number>()) {
    this.#products = products;
    this.#rows = rows;
  }

  copy(): LapseModel {
    return new LapseModel(this.#products, new Map(this.#rows));
  }

  /** An order with these units has expired. */
  add(buyer: number, held: Cart): void {
    for (const key of this.#keys(buyer, held)) {
      this.#rows.set(key, Math.min(LAPSES_MAX, (this.#rows.get(key) ?? 0) + 1));
    }
  }

  /** An order with these units was confirmed. */
  end(buyer: number, cart: Cart): void {
    for (const key of this.#keys(buyer, cart)) this.#rows.delete(key);
  }

  /** Whether the buyer must wait behind others for one of these units. */
  isBehind(buyer: number, cart: Cart): boolean {
    return this.#keys(buyer, cart).some((key) => this.#rows.get(key) === LAPSES_MAX);
  }

  /** The rows by product and buyer, in any order. */
  list(): string[] {
    return Array.from(this.#rows, ([key, count]) => `${key}: ${count}`);
  }

  #keys(buyer: number, cart: Cart): string[] {
    return this.#products.flatMap((variants, product) =>
      variants.some((at) => (cart[at] ?? 0) > 0) ? `${product} b${buyer}` : [],
    );
  }
}
