/** What a product adds to a transaction: the bytes of its record, and a stock level per variant. */
export interface Weight {
  readonly bytes: number;
  readonly variants: readonly unknown[];
}

/**
 * The largest batch. Its transaction takes a small part of the server's time limit, even on a busy
 * machine.
 */
export const BATCH_MAX = { products: 500, variants: 2_000, bytes: 1_000_000 } as const;
/** After this many halvings every batch is a single product. */
const HALVINGS_MAX = Math.ceil(Math.log2(BATCH_MAX.products));
const GROWTH = 1.25;

/** The size of a batch: the caller halves it after a failure, and lets it grow after a success. */
export class BatchSize {
  /** The fraction of `BATCH_MAX` that a batch may have. */
  #share = 1;

  /** Whether a batch is a single product, so that it cannot be halved further. */
  get isSmallest(): boolean {
    return this.#share <= 2 ** -HALVINGS_MAX;
  }

  halve(): void {
    this.#share = Math.max(this.#share / 2, 2 ** -HALVINGS_MAX);
  }

  grow(): void {
    this.#share = Math.min(this.#share * GROWTH, 1);
  }

  /** Returns the first products that fit into one batch; at least one, if there is any. */
  async fill<T extends Weight>(products: AsyncIterable<T>): Promise<T[]> {
    const batch: T[] = [];
    let bytes = 0;
    let variants = 0;
    for await (const product of products) {
      bytes += product.bytes;
      variants += product.variants.length;
      if (batch.length > 0 && !this.#fits({ products: batch.length + 1, variants, bytes })) break;
      batch.push(product);
      if (batch.length >= BATCH_MAX.products * this.#share) break;
    }
    return batch;
  }

  #fits({ products, variants, bytes }: Record<keyof typeof BATCH_MAX, number>): boolean {
    return (
      products <= BATCH_MAX.products * this.#share &&
      variants <= BATCH_MAX.variants * this.#share &&
      bytes <= BATCH_MAX.bytes * this.#share
    );
  }
}
