import { isUsing } from '../discounts/uses.ts';
import {
  type CountedOrder,
  countedAfter,
  type KeptLimit,
  sumLeft,
  toBoughtAt,
} from '../purchase-limits.ts';

/** An order of a limited item, with the limit that applied to it. */
export interface LimitedPurchase extends CountedOrder {
  readonly orderId: string;
  readonly buyerKey: string;
  readonly kept: KeptLimit;
}

/** One way in which the orders of a limited item contradict its limit. */
export type PurchaseDifference = { readonly itemId: string; readonly buyerKey: string } & (
  | {
      readonly kind: 'purchase_limit_exceeded';
      readonly orderId: string;
      readonly bought: number;
      readonly limit: number;
    }
  | { readonly kind: 'purchase_version_clash'; readonly version: number }
);

/**
 * Finds every difference in the orders of one item. Each order records the limit that applied to
 * it, and as `version` its position among the buyer's purchases. When an order was placed, the
 * earlier purchases counted too, so the units that these orders still have must together be within
 * the recorded limit. The limit of the item may have changed since.
 */
export function findPurchaseDifferences(
  itemId: string,
  purchases: readonly LimitedPurchase[],
): PurchaseDifference[] {
  const byBuyer = Map.groupBy(purchases, ({ buyerKey }) => buyerKey);
  return Array.from(byBuyer, ([buyerKey, own]) => judgeBuyer({ itemId, buyerKey }, own)).flat();
}

function judgeBuyer(
  subject: { readonly itemId: string; readonly buyerKey: string },
  purchases: readonly LimitedPurchase[],
): PurchaseDifference[] {
  const differences: PurchaseDifference[] = [];
  const ordered = purchases.toSorted((first, second) => first.kept.version - second.kept.version);
  const counted: LimitedPurchase[] = [];
  let everBought = 0;
  let before: number | undefined;
  for (const purchase of ordered) {
    const { kept, orderId, status } = purchase;
    const { version, quantity: limit } = kept;
    if (version === before) {
      differences.push({ ...subject, kind: 'purchase_version_clash', version });
    }
    before = version;
    if (!isUsing(status)) continue;
    counted.push(purchase);
    everBought += sumLeft(subject.itemId, purchase);
    const after = kept.since ?? countedAfter(kept, toBoughtAt(purchase));
    const bought = after ? sumSince(subject.itemId, counted, after) : everBought;
    if (bought <= limit) continue;
    differences.push({ ...subject, kind: 'purchase_limit_exceeded', orderId, bought, limit });
  }
  return differences;
}

function sumSince(itemId: string, purchases: readonly LimitedPurchase[], after: Date): number {
  return purchases
    .filter((purchase) => toBoughtAt(purchase) > after)
    .reduce((sum, purchase) => sum + sumLeft(itemId, purchase), 0);
}
