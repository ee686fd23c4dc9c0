import type { UseChange } from '../settlement.ts';
import type { DiscountUses } from './use-pools.ts';

interface Page {
  readonly before: DiscountUses;
  uses: number;
  version: number;
}

/**
 * Uses of discounts as one transaction read them and what it has decided to give back so far. Each
 * return counts one version, as each use did.
 */
export class DiscountUseChanges {
  readonly #pages: Map<string, Page>;

  constructor(discounts: Iterable<DiscountUses>) {
    this.#pages = new Map(
      Array.from(discounts, (before) => [
        before.discountId,
        { before, uses: before.uses, version: before.version },
      ]),
    );
  }

  /**
   * Gives one use back.
   * @throws RangeError if the discount is unknown or has no use to give back
   */
  giveBack(discountId: string): void {
    const page = this.#pages.get(discountId);
    if (page === undefined) throw new RangeError(`there is no discount ${discountId}`);
    if (page.uses < 1) throw new RangeError(`discount ${discountId} has no use to give back`);
    page.uses -= 1;
    page.version += 1;
  }

  /** One conditional write for each discount that was changed. */
  changes(): UseChange[] {
    return Array.from(this.#pages, ([discountId, { before, uses, version }]) => ({
      discountId,
      fromVersion: before.version,
      toVersion: version,
      uses: uses - before.uses,
    })).filter(({ uses }) => uses !== 0);
  }
}
