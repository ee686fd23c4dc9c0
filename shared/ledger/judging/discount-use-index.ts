import {
  type DiscountAccount,
  judgedLimitPerBuyer,
  type StoredUses,
} from '../../domain/judging/discount-account.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import { isUsing } from '../discount-uses.ts';

type UsingOrder = Pick<OrderRecord, 'status' | 'buyerKey' | 'discounts'>;

interface Page {
  stored?: StoredUses;
  held: number;
  heldWithoutBuyer: number;
  readonly heldBy: Map<string, number>;
  readonly versions: number[];
}

/** Gathers the record of discount uses by discount. */
export class DiscountUseIndex {
  readonly #pages = new Map<string, Page>();

  addStored(discountId: string, stored: StoredUses): void {
    this.#page(discountId).stored = stored;
  }

  /** Discounts are to be added before the orders that use them. */
  addOrder({ status, buyerKey, discounts = [] }: UsingOrder): void {
    for (const { discountId, version } of discounts) {
      const page = this.#page(discountId);
      page.versions.push(version);
      if (!isUsing(status)) continue;
      page.held += 1;
      if (buyerKey === undefined) page.heldWithoutBuyer += 1;
      else if (page.stored && judgedLimitPerBuyer(page.stored) !== undefined) {
        page.heldBy.set(buyerKey, (page.heldBy.get(buyerKey) ?? 0) + 1);
      }
    }
  }

  /** Every discount that has a document or is named by an order. */
  *accounts(): Generator<DiscountAccount> {
    for (const [discountId, page] of this.#pages) yield { discountId, ...page };
  }

  #page(discountId: string): Page {
    const known = this.#pages.get(discountId);
    if (known !== undefined) return known;
    const heldBy = new Map<string, number>();
    const page: Page = { held: 0, heldWithoutBuyer: 0, heldBy, versions: [] };
    this.#pages.set(discountId, page);
    return page;
  }
}
