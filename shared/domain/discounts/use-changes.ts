import type { BuyerUses, DiscountUses, UseChange } from './uses.ts';

/** The fields of an order that its uses of discounts depend on. */
export interface UsingOrder {
  readonly discounts?: readonly { readonly discountId: string }[];
  readonly buyerKey?: string;
}

/**
 * The uses of discounts that one transaction has read, with its changes so far. Each use that is
 * taken or given back increments the version of its discount.
 */
export class UseChanges {
  readonly #before: ReadonlyMap<string, DiscountUses>;
  readonly #discounts: Map<string, DiscountUses>;
  readonly #buyerUses: Map<string, Map<string, number>>;

  /** @param buyerUses the uses of the buyers whose orders may take uses */
  constructor(discounts: ReadonlyMap<string, DiscountUses>, buyerUses: BuyerUses = new Map()) {
    this.#before = discounts;
    this.#discounts = new Map(discounts);
    this.#buyerUses = new Map(Array.from(buyerUses, ([id, counts]) => [id, new Map(counts)]));
  }

  /** The uses with all changes so far. */
  get discounts(): ReadonlyMap<string, DiscountUses> {
    return this.#discounts;
  }

  /** The uses by buyer with all changes so far. */
  get buyerUses(): BuyerUses {
    return this.#buyerUses;
  }

  /**
   * Gives back one use of each discount of the order.
   * @throws RangeError if a discount is unknown or has no use to give back
   */
  giveBack(order: UsingOrder): void {
    this.#change(order, -1);
  }

  /**
   * Takes one use of each discount of the order. The caller has checked the limits.
   * @throws RangeError if a discount is unknown
   */
  take(order: UsingOrder): void {
    this.#change(order, 1);
  }

  /** Returns one conditional write for each discount that was changed. */
  changes(): UseChange[] {
    return Array.from(this.#discounts.values()).flatMap((after) => {
      const before = this.#before.get(after.discountId);
      if (before === undefined || before.version === after.version) return [];
      const { discountId, version: toVersion } = after;
      return [
        { discountId, fromVersion: before.version, toVersion, uses: after.uses - before.uses },
      ];
    });
  }

  #change({ discounts = [], buyerKey }: UsingOrder, by: 1 | -1): void {
    for (const { discountId } of discounts) {
      const before = this.#discounts.get(discountId);
      if (before === undefined) throw new RangeError(`there is no discount ${discountId}`);
      const uses = before.uses + by;
      if (uses < 0) throw new RangeError(`discount ${discountId} has no use to give back`);
      this.#discounts.set(discountId, { ...before, uses, version: before.version + 1 });
      if (buyerKey === undefined) continue;
      const counts = this.#buyerUses.get(discountId) ?? new Map<string, number>();
      this.#buyerUses.set(discountId, counts.set(buyerKey, (counts.get(buyerKey) ?? 0) + by));
    }
  }
}
