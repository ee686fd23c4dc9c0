import {
  type BuyerPurchases,
  type CountedOrder,
  countedAfter,
  findLimits,
  type ItemLimits,
  type KeptLimit,
  type PurchaseChange,
  type Purchases,
  sumLeft,
  toBoughtAt,
  toPurchaseId,
} from './purchase-limits.ts';

/** The purchases that one transaction has read, with its changes so far. */
export class PurchaseChanges {
  readonly limits: ItemLimits;
  readonly #before: BuyerPurchases;
  readonly #purchases: Map<string, Purchases>;
  readonly #at: Date;

  constructor(limits: ItemLimits, purchases: BuyerPurchases, at: Date) {
    this.limits = limits;
    this.#before = purchases;
    this.#purchases = new Map(purchases);
    this.#at = at;
  }

  /** The purchases with all changes so far. */
  get purchases(): BuyerPurchases {
    return this.#purchases;
  }

  /**
   * Gives back the units that an order no longer has, unless the order was bought too long ago for
   * its limit to count it.
   */
  giveBack(before: CountedOrder, after: CountedOrder, buyerKey: string): void {
    for (const { itemId, ...limit } of findLimits(before.lines, this.limits)) {
      const countedFrom = countedAfter(limit, this.#at);
      if (countedFrom !== undefined && toBoughtAt(before) <= countedFrom) continue;
      const units = sumLeft(itemId, after) - sumLeft(itemId, before);
      if (units < 0) this.#change(toPurchaseId(itemId, buyerKey), units, 0);
    }
  }

  /**
   * Takes the units of an order; the caller has checked the limits. Returns the limits that
   * applied.
   */
  take(order: CountedOrder, buyerKey: string): KeptLimit[] {
    return findLimits(order.lines, this.limits).map((limit) => {
      const { itemId, quantity, days } = limit;
      const since = countedAfter(limit, this.#at);
      const id = toPurchaseId(itemId, buyerKey);
      const version = this.#change(id, sumLeft(itemId, order), 1);
      return { itemId, quantity, version, ...(since && { days, since }) };
    });
  }

  /** Returns one conditional write for each buyer and item that was bought. */
  changes(): PurchaseChange[] {
    return Array.from(this.#purchases).flatMap(([purchaseId, { version: toVersion }]) => {
      const fromVersion = this.#before.get(purchaseId)?.version ?? 0;
      return fromVersion === toVersion ? [] : [{ purchaseId, fromVersion, toVersion }];
    });
  }

  /** Changes the purchases of one item by one buyer, and returns their version. */
  #change(id: string, units: number, versions: 0 | 1): number {
    const { bought, version } = this.#purchases.get(id) ?? { bought: 0, version: 0 };
    const after = { bought: bought + units, version: version + versions };
    this.#purchases.set(id, after);
    return after.version;
  }
}
