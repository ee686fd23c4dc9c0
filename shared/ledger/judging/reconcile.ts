import { setImmediate } from 'node:timers/promises';
import { findStockDifferences, type StockDifference } from '../../domain/judging/differences.ts';
import {
  type DiscountDifference,
  findDiscountDifferences,
  isRepairable,
} from '../../domain/judging/discount-account.ts';
import { replay } from '../../domain/judging/history.ts';
import type { OrderDifference } from '../../domain/judging/order-differences.ts';
import type { PurchaseDifference } from '../../domain/judging/purchases.ts';
import type { Unrepairable } from '../../domain/judging/repair-plan.ts';
import type { Store } from '../../store/store.ts';
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
  let found = await search(context.store);
  const differences = listDifferences(found);
  const repaired: Repaired[] = [];
  let unrepairable: NotRepaired[] = [];
  let left = differences;
  for (let round = 1; fix && round <= ROUNDS_MAX && left.length > 0; round += 1) {
    unrepairable = [];
    const before = repaired.length;
    for await (const result of repairs(context, found)) {
      if ('reason' in result) unrepairable.push(result);
      else repaired.push(result);
      if (repaired.length >= repairsMax) break;
    }
    found = await search(context.store);
    left = listDifferences(found);
    if (repaired.length === before || repaired.length >= repairsMax) break;
  }
  const stillSuspect = new Set(left.map(getSubjectId));
  return {
    differences,
    repaired,
    unrepairable: unrepairable.filter((result) => stillSuspect.has(getSubjectId(result))),
    left,
  };
}

/** Searches the whole record for contradictions, while the system works, and repairs nothing. */
export async function findDifferences({
  store,
}: Pick<LedgerContext, 'store'>): Promise<RecordDifference[]> {
  return listDifferences(await search(store));
}

/**
 * Repairs one subject after the other. Reads variants and discounts again, because a search keeps
 * only their differences, and because repaired orders change what stock and uses should be.
 */
async function* repairs(
  context: LedgerContext,
  { orders, stock, uses, purchases }: Found,
): AsyncGenerator<Repaired | NotRepaired> {
  for (const order of orders) yield await repairOrder(context, order);
  if (stock.length + orders.length > 0) {
    for await (const { record } of suspectVariants(context.store)) {
      yield await repairVariant(context, record);
    }
  }
  if (uses.length + orders.length > 0) yield* discountRepairs(context);
  for (const itemId of new Set(purchases.map((difference) => difference.itemId))) {
    yield { itemId, reason: 'buyers have bought more than the purchase limit allows' };
  }
}

async function* discountRepairs(context: LedgerContext) {
  for await (const { account, differences } of suspectDiscounts(context.store)) {
    const { discountId } = account;
    const obstacle = differences.find((difference) => !isRepairable(difference));
    if (obstacle !== undefined) yield { discountId, reason: REASON[obstacle.kind] };
    else {
      const repaired = await repairDiscount(context, account);
      if (repaired !== undefined) yield repaired;
    }
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

/** The contradictions that a search found. */
interface Found {
  readonly stock: readonly StockDifference[];
  readonly uses: readonly DiscountDifference[];
  readonly purchases: readonly PurchaseDifference[];
  readonly orders: readonly SuspectOrder[];
}

/**
 * Searches the whole record, range by range. Keeps only the contradictions: after an incomplete
 * restore nearly all variants may have some, and their histories do not fit into memory.
 */
async function search(store: Store): Promise<Found> {
  const stock: StockDifference[] = [];
  const uses: DiscountDifference[] = [];
  const orders: SuspectOrder[] = [];
  const purchases: PurchaseDifference[] = [];
  // A badly damaged record has too many suspects for the arguments of one `push`.
  for await (const { suspects } of matchCheckouts(store)) {
    for (const suspect of suspects) orders.push(suspect);
  }
  for await (const { differences } of suspectVariants(store)) {
    for (const difference of differences) stock.push(difference);
  }
  for await (const { differences } of suspectDiscounts(store)) {
    for (const difference of differences) uses.push(difference);
  }
  for await (const differences of purchaseDifferences(store)) {
    for (const difference of differences) purchases.push(difference);
  }
  return { stock, uses, purchases, orders };
}

/** Yields the variants with contradictions. */
async function* suspectVariants(store: Store) {
  for await (const record of variantRecords(store)) {
    const timeline = replay(record.changes, record.stored?.version);
    const differences = findStockDifferences(record, timeline);
    if (differences.length > 0) yield { record, differences };
    if (record.changes.length > 0) await setImmediate();
  }
}

/** Yields the discounts with contradictions. */
async function* suspectDiscounts(store: Store) {
  for await (const account of discountAccounts(store)) {
    const differences = findDiscountDifferences(account);
    if (differences.length > 0) yield { account, differences };
  }
}

function listDifferences({ stock, uses, purchases, orders }: Found): RecordDifference[] {
  const ofOrders = orders.flatMap(({ differences }) => differences);
  return [...stock, ...uses, ...purchases, ...ofOrders];
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
