import type { OrderStatus } from '../../domain/vocabulary.ts';
import { countKept, type ModelOrder, type Purchase, sumUnits } from './order-model.ts';

/** How often a discount may be used. */
export interface ModelLimits {
  readonly usageLimit: number;
  readonly usageLimitPerBuyer: number;
}

/** The number of units of these variants that a buyer may buy. Variants are given by index. */
export interface ModelPurchaseLimit {
  readonly variants: readonly number[];
  readonly quantity: number;
}

/** The limits of discounts and of purchases. */
export interface LimitTerms {
  readonly discounts: readonly ModelLimits[];
  readonly purchaseLimits: readonly ModelPurchaseLimit[];
}

/** The statuses in which an order counts toward limits of discounts and of purchases. */
const COUNTED_STATUSES: ReadonlySet<OrderStatus> = new Set([
  'pending',
  'confirmed',
  'shipped',
  'delivered',
]);

/** Decides by the orders of the model what the limits of discounts and purchases still allow. */
export class LimitsModel {
  readonly #orders: readonly ModelOrder[];
  readonly terms: LimitTerms;

  constructor(orders: readonly ModelOrder[], terms: LimitTerms) {
    this.#orders = orders;
    this.terms = terms;
  }

  /** Counts the orders that use the discount now, of all buyers or of one. */
  uses(discount: number, buyer?: number): number {
    return this.#orders.filter(
      (order) =>
        COUNTED_STATUSES.has(order.status) &&
        order.discounts.includes(discount) &&
        (buyer === undefined || order.buyer === buyer),
    ).length;
  }

  /** Returns how many units of the variant the buyer may still buy. */
  allowance(variant: number, buyer: number): number {
    const limits = this.terms.purchaseLimits.filter(({ variants }) => variants.includes(variant));
    return limits.reduce(
      (least, { variants, quantity }) => Math.min(least, quantity - this.#bought(variants, buyer)),
      Number.POSITIVE_INFINITY,
    );
  }

  #bought(variants: readonly number[], buyer: number): number {
    return this.#orders
      .filter((order) => order.buyer === buyer)
      .filter(({ status }) => COUNTED_STATUSES.has(status))
      .reduce((sum, order) => sum + sumUnits(countKept(order), variants), 0);
  }

  /** Returns whether the limits per buyer allow the purchase. */
  mayBuy({ cart, buyer }: Purchase): boolean {
    return this.terms.purchaseLimits.every(({ variants, quantity }) => {
      const wanted = sumUnits(cart, variants);
      return wanted === 0 || this.#bought(variants, buyer) + wanted <= quantity;
    });
  }

  /** Returns whether the discounts of the purchase may be used. */
  mayUse({ buyer, discounts }: Purchase): boolean {
    return discounts.every((discount) => {
      const limits = this.terms.discounts[discount];
      if (limits === undefined) throw new RangeError(`there is no discount ${discount}`);
      const { usageLimit, usageLimitPerBuyer } = limits;
      return this.uses(discount) < usageLimit && this.uses(discount, buyer) < usageLimitPerBuyer;
    });
  }
}
