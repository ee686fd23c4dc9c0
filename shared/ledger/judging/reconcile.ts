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
import type { Unrepairable } from '../../domain/judging/repair-plan.ts';
import type { VariantRecord } from '../../domain/judging/variant-record.ts';
import { atSnapshot } from '../../store/snapshot.ts';
import type { LedgerContext } from '../ledger.ts';
import { readRecord } from './read-record.ts';
import type { SuspectOrder } from './record-index.ts';
import {
  type RepairedDiscount,
  repairDiscount,
  type UnrepairableDiscount,
} from './repair-discount.ts';
import { type RepairedOrder, repairOrder, type UnrepairableOrder } from './repair-order.ts';
import { type RepairedVariant, repairVariant } from './repair-variant.ts';

/** A contradiction in the record of a variant, of a discount or of an order. */
export type RecordDifference = StockDifference | DiscountDifference | OrderDifference;

type Repaired = RepairedVariant | RepairedDiscount | RepairedOrder;
type NotRepaired = Unrepairable | UnrepairableDiscount | UnrepairableOrder;

/** What reconciling found and did. */
export interface Reconciliation {
  /** What was found at first. */
  readonly differences: readonly RecordDifference[];
  readonly repaired: readonly Repaired[];
  /** What could not be repaired, and why, as of the last try. */
  readonly unrepairable: readonly NotRepaired[];
  /** What is left; without `fix` all that was found. */
  readonly left: readonly RecordDifference[];
}

/** Rounds of finding and repairing, for what changes while it is being repaired. */
const ROUNDS_MAX = 3;

/**
 * Recomputes every stock level from orders and movements and every discount's uses from orders, and
 * compares every order with its checkout, at one snapshot and while work goes on, and names each
 * difference. With `fix` the differences are
 * repaired one thing at a time, and what is then left is looked for anew.
 */
export async function reconcile(
  context: LedgerContext,
  { fix }: { readonly fix: boolean },
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
      }
    };
    if (suspects.orders.length > 0) {
      await collect(orderRepairs(context, suspects));
      // Stock and uses are counted by the orders as they are now.
      suspects = await findSuspects(context);
    }
    await collect(stockAndUseRepairs(context, suspects));
    suspects = await findSuspects(context);
    if (repaired.length === before) break;
  }
  const left = listDifferences(suspects);
  const stillSuspect = new Set(left.map(getSubjectId));
  return {
    differences,
    repaired,
    unrepairable: unrepairable.filter((each) => stillSuspect.has(getSubjectId(each))),
    left,
  };
}

async function* orderRepairs(context: LedgerContext, { orders }: Suspects) {
  for (const order of orders) yield await repairOrder(context, order);
}

async function* stockAndUseRepairs(context: LedgerContext, { variants, discounts }: Suspects) {
  for (const variant of variants) yield await repairVariant(context, variant);
  for (const account of discounts) {
    const { discountId } = account;
    const obstacle = findDiscountDifferences(account).find((each) => !isRepairable(each));
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
  uses_over_limit: 'more orders use it than may',
  buyer_uses_over_limit: 'more orders of a buyer use it than may',
  use_version_clash: 'two uses made the same version',
  use_version_outside: 'a use made a version that never was',
};

/** What contradicts itself, with all that is on record about it. */
interface Suspects {
  readonly variants: readonly VariantRecord[];
  readonly discounts: readonly DiscountAccount[];
  readonly orders: readonly SuspectOrder[];
}

/** Looks through the whole record at one snapshot. */
async function findSuspects({ store }: LedgerContext): Promise<Suspects> {
  const { index } = await atSnapshot(store, (session) => readRecord(store, session, {}));
  const variants: VariantRecord[] = [];
  for (const record of index.variants()) {
    if (findVariantDifferences(record).length > 0) variants.push(record);
    if (record.changes.length > 0) await setImmediate();
  }
  const discounts = [...index.discounts()].filter(
    (account) => findDiscountDifferences(account).length > 0,
  );
  return { variants, discounts, orders: index.suspects };
}

/** How many things contradict themselves. */
function countSuspects({ variants, discounts, orders }: Suspects): number {
  return variants.length + discounts.length + orders.length;
}

/** Every difference: of variants, then of discounts, then of orders. */
function listDifferences({ variants, discounts, orders }: Suspects): RecordDifference[] {
  return [
    ...variants.flatMap(findVariantDifferences),
    ...discounts.flatMap(findDiscountDifferences),
    ...orders.flatMap(({ differences }) => differences),
  ];
}

/** Id of the variant, discount or order that something is about. */
export function getSubjectId(
  about:
    | { readonly variantId: string }
    | { readonly discountId: string }
    | { readonly orderId: string },
): string {
  if ('variantId' in about) return about.variantId;
  return 'discountId' in about ? about.discountId : about.orderId;
}

function findVariantDifferences(record: VariantRecord): StockDifference[] {
  return findStockDifferences(record, replay(record.changes, record.stored?.version));
}
