import type { DiscountAccount, StoredUses } from '../../domain/judging/discount-account.ts';
import type { OrderDiscount } from '../../domain/settlement.ts';
import type { OrderStatus } from '../../domain/vocabulary.ts';
import { isUsing } from '../discount-uses.ts';

interface Page {
  stored?: StoredUses;
  held: number;
  readonly versions: number[];
}

/** Gathers the record of discount uses by discount. */
export class UseRecordBook {
  readonly #pages = new Map<string, Page>();

  addStored(discountId: string, stored: StoredUses): void {
    this.#page(discountId).stored = stored;
  }

  addOrder(status: OrderStatus, discounts: readonly OrderDiscount[]): void {
    for (const { discountId, version } of discounts) {
      const page = this.#page(discountId);
      if (isUsing(status)) page.held += 1;
      page.versions.push(version);
    }
  }

  /** Every discount that has a document or is named by an order. */
  *accounts(): Generator<DiscountAccount> {
    for (const [discountId, page] of this.#pages) yield { discountId, ...page };
  }

  #page(discountId: string): Page {
    const known = this.#pages.get(discountId);
    if (known !== undefined) return known;
    const page: Page = { held: 0, versions: [] };
    this.#pages.set(discountId, page);
    return page;
  }
}
