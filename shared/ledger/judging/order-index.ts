import {
  type OrderDifference,
  type PromisedCheckout,
  promiseDifferencesOf,
  type RecordedOrder,
  statusDifferencesOf,
} from '../../domain/judging/order-differences.ts';

/** An order that contradicts its checkout or itself. */
export interface SuspectOrder {
  readonly orderId: string;
  /** Variants and discounts that it or its checkout names. */
  readonly named: ReadonlySet<string>;
  readonly differences: readonly OrderDifference[];
}

/** Gathers the orders that are not as they should be; the others leave nothing behind. */
export class OrderIndex {
  readonly #suspects = new Map<string, SuspectOrder>();

  /** @param checkout its own, if it is at hand and was placed */
  add(order: RecordedOrder, checkout?: PromisedCheckout): void {
    const differences = [
      ...statusDifferencesOf(order),
      ...(checkout === undefined ? [] : promiseDifferencesOf(order, checkout)),
    ];
    if (differences.length === 0) return;
    const named = new Set([order, ...(checkout ? [checkout] : [])].flatMap(namedBy));
    this.#suspects.set(order._id, { orderId: order._id, named, differences });
  }

  suspects(): SuspectOrder[] {
    return [...this.#suspects.values()];
  }
}

function namedBy({ lines, discounts = [] }: Pick<RecordedOrder, 'lines' | 'discounts'>): string[] {
  return [
    ...lines.map(({ variantId }) => variantId),
    ...discounts.map(({ discountId }) => discountId),
  ];
}
