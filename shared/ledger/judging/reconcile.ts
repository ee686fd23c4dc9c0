import { setImmediate } from 'node:timers/promises';
import { findStockDifferences, type StockDifference } from '../../domain/judging/differences.ts';
import {
  type DiscountAccount,
  type DiscountDifference,
  findDiscountDifferences,
  isRepairable,
} from '../../domain/judging/discount-account.ts';
import { replay } from '../../domain/judging/history.ts';
import type { OrderDifference } from '../../domain/judging/order-differences.ts';
import type { PurchaseDifference } from '../../domain/judging/purchases.ts';
import type { Unrepairable } from '../../domain/judging/repair-plan.ts';
import type { VariantRecord } from '../../domain/judging/variant-record.ts';
import type { LedgerContext } from '../ledger.ts';
import { discountAccounts } from './discount-index.ts';
import { purchaseDifferences } from './limited-purchases.ts';
import { matchCheckouts, type SuspectOrder } from './read-checkouts.ts';
import { variantRecords } from './read-variants.ts';
import {
  type RepairedDiscount,
  repairDiscount,
  type UnrepairableDiscount,
} from './repair-discount.ts';
import { type RepairedOrder, repairOrder, type UnrepairableOrder } from './repair-order.ts';
import { type RepairedVariant, repairVariant } from './repair-variant.ts';

/** A contradiction in the record of a variant, of a discount, of a limited item or of an order. */
export type RecordDifference =
  | StockDifference
  | DiscountDifference
  | PurchaseDifference
  | OrderDifference;

/**
 * A limited item of which a buyer has bought more than the limit. Only a cancellation can correct
 * that.
 */
interface UnrepairableItem {
  readonly itemId: string;
  readonly reason: string;
}

type Repaired = RepairedVariant | RepairedDiscount | RepairedOrder;
type NotRepaired = Unrepairable | UnrepairableDiscount | UnrepairableItem | UnrepairableOrder;

/** The result of `reconcile`. */
export interface Reconciliation {
  /** The differences that the first search found. */
  readonly differences: readonly RecordDifference[];
  readonly repaired: readonly Repaired[];
  /** The subjects that the last round could not repair, with the reasons. */
  readonly unrepairable: readonly NotRepaired[];
  /** The differences that remain; without `fix` all of them. */
  readonly left: readonly RecordDifference[];
}

/** The maximum number of rounds of search and repair. The record may change during a repair. */
const ROUNDS_MAX = 3;

interface ReconcileOptions {
  /** Whether differences are repaired. */
  readonly fix: boolean;
  /** The maximum number of subjects to repair; by default all of them. */
  readonly repairsMax?: number;
}

/**
 * Compares, while the system works, every stock level with orders and movements, every discount's
 * uses with orders, the purchases of limited items with their limits, and every order with its
 * checkout. With `fix` it repairs the contradictions one by one, and then searches again.
 */
export async function reconcile(
  context: LedgerContext,
  { fix, repairsMax = Number.POSITIVE_INFINITY }: ReconcileOptions,
): Promise<Reconciliation> {
  let suspects = await findSuspects(context);
  const differences = listDifferences(suspects);
  const repaired: Repaired[] = [];
  let unrepairable: NotRepaired[] = [];
  for (let round = 1; fix && round <= ROUNDS_MAX && countSuspects(suspects) > 0; round += 1) {
    unrepairable = [];
    const before = repaired.length;
    const collect = async (results: AsyncIterable<Repaired | NotRepaired>) => {
      for await (const result of results) {
        if ('reason' in result) unrepairable.push(result);
        else repaired.push(result);
        if (repaired.length >= repairsMax) return;
      }
    };
    if (suspects.orders.length > 0) {
      await collect(orderRepairs(context, suspects));
      // The repaired orders change what stock and uses should be.
      suspects = await findSuspects(context);
    }
    if (repaired.length < repairsMax) await collect(stockAndUseRepairs(context, suspects));
    suspects = await findSuspects(context);
    if (repaired.length === before || repaired.length >= repairsMax) break;
  }
  const left = listDifferences(suspects);
  const stillSuspect = new Set(left.map(getSubjectId));
  return {
    differences,
    repaired,
    unrepairable: unrepairable.filter((result) => stillSuspect.has(getSubjectId(result))),
    left,
  };
}

/** Searches the whole record for contradictions, while the system works, and repairs nothing. */
export async function findDifferences(
  context: Pick<LedgerContext, 'store'>,
): Promise<RecordDifference[]> {
  return listDifferences(await findSuspects(context));
}

async function* orderRepairs(context: LedgerContext, { orders }: Suspects) {
  for (const order of orders) yield await repairOrder(context, order);
}

async function* stockAndUseRepairs(context: LedgerContext, suspects: Suspects) {
  const { variants, discounts, purchases } = suspects;
  for (const variant of variants) yield await repairVariant(context, variant);
  for (const account of discounts) {
    const { discountId } = account;
    const obstacle = findDiscountDifferences(account).find(
      (difference) => !isRepairable(difference),
    );
    if (obstacle !== undefined) yield { discountId, reason: REASON[obstacle.kind] };
    else {
      const repaired = await repairDiscount(context, account);
      if (repaired !== undefined) yield repaired;
    }
  }
  const items = Map.groupBy(purchases, ({ itemId }) => itemId);
  for (const itemId of items.keys()) {
    yield { itemId, reason: 'buyers have bought more than the purchase limit allows' };
  }
}

const REASON: Readonly<Record<DiscountDifference['kind'], string>> = {
  discount_missing: 'there is no such discount',
  uses: 'orders and uses differ',
  uses_over_limit: 'more orders use it than its limit allows',
  buyer_uses_over_limit: 'more orders of a buyer use it than its limit allows',
  use_version_clash: 'two uses have the same version',
  use_version_outside: 'a use has a version that never existed',
};

/** The variants, discounts, purchases and orders with contradictions. */
interface Suspects {
  readonly variants: readonly VariantRecord[];
  readonly discounts: readonly DiscountAccount[];
  readonly purchases: readonly PurchaseDifference[];
  readonly orders: readonly SuspectOrder[];
}

/** Searches the whole record, range by range. */
async function findSuspects({ store }: Pick<LedgerContext, 'store'>): Promise<Suspects> {
  const variants: VariantRecord[] = [];
  const discounts: DiscountAccount[] = [];
  const orders: SuspectOrder[] = [];
  const purchases: PurchaseDifference[] = [];
  // A badly damaged record has too many suspects for the arguments of one `push`.
  for await (const { suspects } of matchCheckouts(store)) {
    for (const suspect of suspects) orders.push(suspect);
  }
  for await (const record of variantRecords(store)) {
    if (findVariantDifferences(record).length > 0) variants.push(record);
    if (record.changes.length > 0) await setImmediate();
  }
  for await (const account of discountAccounts(store)) {
    if (findDiscountDifferences(account).length > 0) discounts.push(account);
  }
  for await (const differences of purchaseDifferences(store)) {
    for (const difference of differences) purchases.push(difference);
  }
  return { variants, discounts, purchases, orders };
}

function countSuspects({ variants, discounts, purchases, orders }: Suspects): number {
  return variants.length + discounts.length + purchases.length + orders.length;
}

function listDifferences(suspects: Suspects): RecordDifference[] {
  const { variants, discounts, purchases, orders } = suspects;
  return [
    ...variants.flatMap(findVariantDifferences),
    ...discounts.flatMap(findDiscountDifferences),
    ...purchases,
    ...orders.flatMap(({ differences }) => differences),
  ];
}

/** Returns the id of the variant, discount, limited item or order that a result is about. */
export function getSubjectId(
  about:
    | { readonly variantId: string }
    | { readonly discountId: string }
    | { readonly itemId: string }
    | { readonly orderId: string },
): string {
  if ('variantId' in about) return about.variantId;
  if ('discountId' in about) return about.discountId;
  return 'itemId' in about ? about.itemId : about.orderId;
}

function findVariantDifferences(record: VariantRecord): StockDifference[] {
  return findStockDifferences(record, replay(record.changes, record.stored?.version));
}
