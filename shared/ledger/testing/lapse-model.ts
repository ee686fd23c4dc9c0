/** Units of each variant, by its index. */
type Cart = readonly number[];

/** Lapses in a row after which a buyer waits behind others. */
const LAPSES_MAX = 3;

/** The expected number of holds of each product that each buyer has let lapse in a row. */
export class LapseModel {
  /** The indexes of the variants of each product. */
  readonly #products: readonly (readonly number[])[];
  readonly #counts: Map<string, number>;

  constructor(products: readonly (readonly number[])[], counts = new Map<string, number>()) {
    this.#products = products;
    this.#counts = counts;
  }

  copy(): LapseModel {
    return new LapseModel(this.#products, new Map(this.#counts));
  }

  /** Adds the lapses of an expired order that held these units. */
  add(buyer: number, held: Cart): void {
    for (const key of this.#keys(buyer, held)) {
      this.#counts.set(key, Math.min(LAPSES_MAX, (this.#counts.get(key) ?? 0) + 1));
    }
  }

  /** Deletes the buyer's lapses of the products of a confirmed order. */
  end(buyer: number, cart: Cart): void {
    for (const key of this.#keys(buyer, cart)) this.#counts.delete(key);
  }

  /** Returns whether the buyer must wait behind others for one of these units. */
  isBehind(buyer: number, cart: Cart): boolean {
    return this.#keys(buyer, cart).some((key) => this.#counts.get(key) === LAPSES_MAX);
  }

  /** Lists the lapses by product and buyer, in any order. */
  list(): string[] {
    return Array.from(this.#counts, ([key, count]) => `${key}: ${count}`);
  }

  #keys(buyer: number, cart: Cart): string[] {
    return this.#products.flatMap((variants, product) =>
      variants.some((at) => (cart[at] ?? 0) > 0) ? `${product} b${buyer}` : [],
    );
  }
}
