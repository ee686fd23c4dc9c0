/** What a transaction writes of a product: its record, with the keys of its indexes, and levels. */
export interface Weight {
  readonly bytes: number;
  readonly variants: number;
}

/** So much takes a small part of a transaction's lifetime, also on a machine that is busy. */
export const BATCH_MAX = { products: 500, variants: 2_000, bytes: 1_000_000 } as const;
/** Halved so often, a batch of any weight is down to a single product. */
const HALVINGS_MAX = Math.ceil(Math.log2(BATCH_MAX.products));
const GROWTH = 1.25;

/**
 * How much is done in one transaction. What has failed is tried again with half as much, since it
 * may have taken too long, so that in the end it fits; what succeeds lets it grow again.
 */
export class BatchSize {
  #share = 1;

  /** It cannot be made any smaller. */
  get isSmallest(): boolean {
    return this.#share <= 2 ** -HALVINGS_MAX;
  }

  halve(): void {
    this.#share = Math.max(this.#share / 2, 2 ** -HALVINGS_MAX);
  }

  grow(): void {
    this.#share = Math.min(this.#share * GROWTH, 1);
  }

  /** The first of the products that fit into one batch; at least one. */
  async fill<T extends Weight>(products: AsyncIterable<T>): Promise<T[]> {
    const taken: T[] = [];
    let bytes = 0;
    let variants = 0;
    for await (const product of products) {
      bytes += product.bytes;
      variants += product.variants;
      if (taken.length > 0 && !this.#holds({ products: taken.length + 1, variants, bytes })) break;
      taken.push(product);
      if (taken.length >= BATCH_MAX.products * this.#share) break;
    }
    return taken;
  }

  #holds({ products, variants, bytes }: Weight & { readonly products: number }): boolean {
    return (
      products <= BATCH_MAX.products * this.#share &&
      variants <= BATCH_MAX.variants * this.#share &&
      bytes <= BATCH_MAX.bytes * this.#share
    );
  }
}
