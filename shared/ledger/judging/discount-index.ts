import { isUsing } from '../../domain/discounts/uses.ts';
import {
  type DiscountAccount,
  judgedLimitPerBuyer,
  type StoredUses,
} from '../../domain/judging/discount-account.ts';
import { atSnapshot } from '../../store/snapshot.ts';
import type { Session, Store } from '../../store/store.ts';
import { type IdRange, isInRange, RANGE_SIZES, type RangeSizes, versionRanges } from './ranges.ts';
import { discountCursors, type UsingOrder } from './record-cursors.ts';

/** The record of one discount. */
interface DiscountEntry {
  /** The discount's document, if it exists. */
  stored?: StoredUses;
  /** The number of orders that use the discount. */
  held: number;
  /** How many of these orders have no `buyerKey`. */
  heldWithoutBuyer: number;
  /**
   * The number of these orders by `buyerKey`; empty if the discount has no limit per buyer to
   * judge.
   */
  readonly heldBy: Map<string, number>;
  /** The versions of all uses, including the uses of orders that have given them back. */
  readonly versions: number[];
}

/**
 * Yields the account of each discount that has a document or is used by an order. It reads the
 * discounts in ranges, each at its own snapshot, because no rule compares two discounts.
 */
export async function* discountAccounts(
  store: Store,
  sizes: RangeSizes = RANGE_SIZES,
): AsyncGenerator<DiscountAccount> {
  for (const range of await versionRanges(store.discounts, sizes.uses)) {
    const accounts = await atSnapshot(store, (session) => readAccounts(store, session, range));
    for (const [discountId, entry] of accounts) yield { discountId, ...entry };
  }
}

/** Reads the accounts of the discounts in a range. */
export async function readAccounts(store: Store, session: Session, range: IdRange) {
  const cursors = discountCursors(store, session, range);
  const accounts = new Map<string, DiscountEntry>();
  // Whether uses by buyer are counted depends on the discount, so the discounts come first.
  for await (const { _id, ...stored } of cursors.discounts) {
    getOrAdd(accounts, _id).stored = stored;
  }
  for await (const order of cursors.orders) addUses(accounts, range, order);
  return accounts;
}

function addUses(
  accounts: Map<string, DiscountEntry>,
  range: IdRange,
  { status, buyerKey, discounts = [] }: UsingOrder,
): void {
  for (const { discountId, version } of discounts) {
    if (!isInRange(range, discountId)) continue;
    const entry = getOrAdd(accounts, discountId);
    entry.versions.push(version);
    if (!isUsing(status)) continue;
    entry.held += 1;
    if (buyerKey === undefined) entry.heldWithoutBuyer += 1;
    else if (entry.stored && judgedLimitPerBuyer(entry.stored) !== undefined) {
      entry.heldBy.set(buyerKey, (entry.heldBy.get(buyerKey) ?? 0) + 1);
    }
  }
}

function getOrAdd(accounts: Map<string, DiscountEntry>, id: string): DiscountEntry {
  const present = accounts.get(id);
  if (present !== undefined) return present;
  const entry = { held: 0, heldWithoutBuyer: 0, heldBy: new Map(), versions: [] };
  accounts.set(id, entry);
  return entry;
}
