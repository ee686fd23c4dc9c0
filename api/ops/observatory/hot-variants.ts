import type { PricedLine } from '../../../shared/domain/vocabulary.ts';
import type { HotVariant } from './figures.ts';

/** The number of variants that are remembered. */
const REMEMBERED_MAX = 1_000;
/** New checkouts reduce the weight of earlier ones to this part. */
const DECAY = 0.9;

/** The fields of a stored checkout that show what it wants. */
export interface CheckoutLines {
  readonly _id: string;
  readonly lines: readonly Pick<PricedLine, 'variantId' | 'sku' | 'title'>[];
}

interface Asked extends HotVariant {
  weight: number;
}

/**
 * Ranks variants by how many checkouts ask for them; recent checkouts weigh more. Without new
 * checkouts the ranking does not change, so the end of a sale remains visible.
 */
export class HotVariants {
  #asked = new Map<string, Asked>();
  #lastId = '';

  /** Adds the latest checkouts; a checkout that was added before is not counted again. */
  add(latest: readonly CheckoutLines[]): void {
    const added = latest.filter(({ _id }) => _id > this.#lastId);
    if (added.length === 0) return;
    for (const asked of this.#asked.values()) asked.weight *= DECAY;
    for (const { _id, lines } of added) {
      if (_id > this.#lastId) this.#lastId = _id;
      for (const line of lines) this.#addLine(line);
    }
    if (this.#asked.size > REMEMBERED_MAX) this.#forget();
  }

  /** Returns the variants that most checkouts want, the hottest first. */
  top(count: number): HotVariant[] {
    return this.#ranked()
      .slice(0, count)
      .map(({ variantId, sku, title }) => ({ variantId, sku, title }));
  }

  #addLine({ variantId, sku, title }: HotVariant): void {
    const asked = this.#asked.get(variantId);
    if (asked === undefined) this.#asked.set(variantId, { variantId, sku, title, weight: 1 });
    else asked.weight += 1;
  }

  #ranked(): Asked[] {
    return [...this.#asked.values()].sort((one, other) => other.weight - one.weight);
  }

  #forget(): void {
    const kept = this.#ranked().slice(0, REMEMBERED_MAX);
    this.#asked = new Map(kept.map((asked) => [asked.variantId, asked]));
  }
}
