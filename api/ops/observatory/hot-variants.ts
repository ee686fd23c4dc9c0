import type { PricedLine } from '../../../shared/domain/vocabulary.ts';
import type { HotVariant } from './figures.ts';

/** How many variants are remembered. */
const REMEMBERED_MAX = 1_000;
/** When checkouts are added, the weight of earlier checkouts is multiplied by this. */
const DECAY = 0.9;

/** The fields of a stored checkout that show which variants it requests. */
export interface CheckoutLines {
  readonly _id: string;
  readonly lines: readonly Pick<PricedLine, 'variantId' | 'sku' | 'title'>[];
}

interface RankedVariant extends HotVariant {
  weight: number;
}

/**
 * Ranks variants by how many checkouts request them; recent checkouts weigh more. Without new
 * checkouts the ranking does not change, so the end of a sale remains visible.
 */
export class HotVariants {
  #variants = new Map<string, RankedVariant>();
  #lastId = '';

  /** Adds the latest checkouts; a checkout that was added before is not counted again. */
  add(latest: readonly CheckoutLines[]): void {
    const added = latest.filter(({ _id }) => _id > this.#lastId);
    if (added.length === 0) return;
    for (const variant of this.#variants.values()) variant.weight *= DECAY;
    for (const { _id, lines } of added) {
      if (_id > this.#lastId) this.#lastId = _id;
      for (const line of lines) this.#addLine(line);
    }
    if (this.#variants.size > REMEMBERED_MAX) this.#forget();
  }

  /** Returns the variants that the most checkouts request, the hottest first. */
  top(count: number): HotVariant[] {
    return this.#ranked()
      .slice(0, count)
      .map(({ variantId, sku, title }) => ({ variantId, sku, title }));
  }

  #addLine({ variantId, sku, title }: HotVariant): void {
    const variant = this.#variants.get(variantId);
    if (variant === undefined) this.#variants.set(variantId, { variantId, sku, title, weight: 1 });
    else variant.weight += 1;
  }

  #ranked(): RankedVariant[] {
    return [...this.#variants.values()].sort((first, second) => second.weight - first.weight);
  }

  #forget(): void {
    const kept = this.#ranked().slice(0, REMEMBERED_MAX);
    this.#variants = new Map(kept.map((variant) => [variant.variantId, variant]));
  }
}
