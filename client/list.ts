/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** The cursor of the next page; null on the last page. */
  readonly nextCursor: string | null;
}

/**
 * A list that is read page by page while it is iterated.
 * @example
 * for await (const order of lastunit.orders.list({ status: 'pending' })) console.log(order.id);
 */
export class List<Item> implements AsyncIterable<Item> {
  readonly #read: (cursor: string | undefined) => Promise<Page<Item>>;
  readonly #first: string | undefined;

  /** @param first the cursor of the first page */
  constructor(
    read: (cursor: string | undefined) => Promise<Page<Item>>,
    first: string | undefined,
  ) {
    this.#read = read;
    this.#first = first;
  }

  /** Reads the first page only. */
  page(): Promise<Page<Item>> {
    return this.#read(this.#first);
  }

  /** Iterates over pages. */
  async *pages(): AsyncGenerator<Page<Item>, void> {
    let cursor = this.#first;
    do {
      const page = await this.#read(cursor);
      yield page;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** Iterates over all items. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    for await (const page of this.pages()) yield* page.items;
  }

  /** Reads at most `limit` items into an array. */
  async toArray(limit: number): Promise<Item[]> {
    const items: Item[] = [];
    for await (const item of this) {
      if (items.length >= limit) break;
      items.push(item);
      if (items.length === limit) break;
    }
    return items;
  }
}
