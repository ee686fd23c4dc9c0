import { setImmediate } from 'node:timers/promises';
import { differencesOf, type StockDifference } from '../../domain/judging/differences.ts';
import {
  type DiscountAccount,
  type DiscountDifference,
  discountDifferencesOf,
} from '../../domain/judging/discount-account.ts';
import { replay } from '../../domain/judging/history.ts';
import type { OrderDifference } from '../../domain/judging/order-differences.ts';
import type { VariantRecord } from '../../domain/judging/variant-record.ts';
import { atSnapshot } from '../../store/snapshot.ts';
import type { LedgerContext } from '../ledger.ts';
import type { SuspectOrder } from './order-index.ts';
import { readRecord } from './read-record.ts';

/** A contradiction in the record of a variant, of a discount or of an order. */
export type RecordDifference = StockDifference | DiscountDifference | OrderDifference;

/** What contradicts itself, with all that is on record about it. */
export interface Suspects {
  readonly variants: readonly VariantRecord[];
  readonly discounts: readonly DiscountAccount[];
  readonly orders: readonly SuspectOrder[];
}

/** Looks through the whole record at one snapshot. */
export async function findSuspects({ store }: LedgerContext): Promise<Suspects> {
  const { book, uses, orders } = await atSnapshot(store, (session) =>
    readRecord(store, session, {}),
  );
  const variants: VariantRecord[] = [];
  for (const record of book.variants()) {
    if (stockDifferencesOf(record).length > 0) variants.push(record);
    if (record.changes.length > 0) await setImmediate();
  }
  const discounts = [...uses.accounts()].filter(
    (account) => discountDifferencesOf(account).length > 0,
  );
  return { variants, discounts, orders: orders.suspects() };
}

/** How many things contradict themselves. */
export function countOf({ variants, discounts, orders }: Suspects): number {
  return variants.length + discounts.length + orders.length;
}

/** Every difference: of variants, then of discounts, then of orders. */
export function differencesIn({ variants, discounts, orders }: Suspects): RecordDifference[] {
  return [
    ...variants.flatMap(stockDifferencesOf),
    ...discounts.flatMap(discountDifferencesOf),
    ...orders.flatMap(({ differences }) => differences),
  ];
}

/** Id of the variant, discount or order that something is about. */
export function idOf(
  about:
    | { readonly variantId: string }
    | { readonly discountId: string }
    | { readonly orderId: string },
): string {
  if ('variantId' in about) return about.variantId;
  return 'discountId' in about ? about.discountId : about.orderId;
}

function stockDifferencesOf(record: VariantRecord): StockDifference[] {
  return differencesOf(record, replay(record.changes, record.stored?.version));
}
