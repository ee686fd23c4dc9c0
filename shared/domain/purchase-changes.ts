import { isUsing } from './discounts/uses.ts';
import {
  type BuyerPurchases,
  type CountedOrder,
  countedAfter,
  findLimits,
  type ItemLimits,
  type KeptLimit,
  type PurchaseChange,
  type Purchases,
  sumUnits,
  toPurchaseId,
} from './purchase-limits.ts';

/** Purchases as one transaction read them, with what it has decided to change so far. */
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

  /** Gives the units of an order back that counts until now. */
  giveBack(order: CountedOrder, buyerKey: string): void {
    if (!isUsing(order.status)) return;
    for (const limit of findLimits(order.lines, this.limits)) {
      const after = countedAfter(limit, this.#at);
      if (after === undefined || order.placedAt > after) {
        this.#change(toPurchaseId(limit.itemId, buyerKey), -sumUnits(limit.itemId, order.lines), 0);
      }
    }
  }

  /** Takes the units of an order; the caller has checked the limits. Returns what it kept. */
  take({ lines }: CountedOrder, buyerKey: string): KeptLimit[] {
    return findLimits(lines, this.limits).map((limit) => {
      const { itemId, quantity, days } = limit;
      const since = countedAfter(limit, this.#at);
      const id = toPurchaseId(itemId, buyerKey);
      const version = this.#change(id, sumUnits(itemId, lines), 1);
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

  /** Returns the new version. */
  #change(id: string, units: number, versions: 0 | 1): number {
    const { bought, version } = this.#purchases.get(id) ?? { bought: 0, version: 0 };
    const after = { bought: bought + units, version: version + versions };
    this.#purchases.set(id, after);
    return after.version;
  }
}
