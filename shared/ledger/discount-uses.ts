import {
  type BuyerUses,
  type DiscountUses,
  USING_STATUSES,
  type UseChange,
} from '../domain/discounts/uses.ts';
import type { DiscountRecord } from '../store/collections/discounts.ts';
import type { Session, Store } from '../store/store.ts';
import { StaleReadError } from '../store/transaction.ts';

/** Reads the uses of these discounts at the transaction's snapshot; unknown ids are left out. */
export async function readUses(
  store: Store,
  session: Session,
  discountIds: readonly string[],
): Promise<Map<string, DiscountUses>> {
  if (discountIds.length === 0) return new Map();
  const records = await store.discounts
    .find<DiscountRecord>({ _id: { $in: [...discountIds] } }, { session })
    .toArray();
  return new Map(records.map((record) => [record._id, toUses(record)]));
}

function toUses(record: DiscountRecord): DiscountUses {
  const { _id: discountId, uses, version, usageLimit, usageLimitPerBuyer, isActive } = record;
  return {
    discountId,
    uses,
    version,
    isActive,
    ...(usageLimit !== undefined && { usageLimit }),
    ...(usageLimitPerBuyer !== undefined && { usageLimitPerBuyer }),
  };
}

/**
 * Counts how often each of these buyers uses each discount that has a limit per buyer, by discount
 * and buyer.
 */
export async function readBuyerUses(
  store: Store,
  session: Session,
  discounts: ReadonlyMap<string, DiscountUses>,
  buyerKeys: readonly string[],
): Promise<BuyerUses> {
  const limited = [...discounts.values()]
    .filter((discount) => discount.usageLimitPerBuyer !== undefined)
    .map((discount) => discount.discountId);
  const uses = new Map<string, Map<string, number>>();
  if (limited.length === 0 || buyerKeys.length === 0) return uses;
  const rows = await store.orders
    .aggregate<{ _id: { discountId: string; buyerKey: string }; uses: number }>(
      [
        {
          $match: {
            buyerKey: { $in: [...buyerKeys] },
            'discounts.discountId': { $in: limited },
            status: { $in: [...USING_STATUSES] },
          },
        },
        { $unwind: '$discounts' },
        { $match: { 'discounts.discountId': { $in: limited } } },
        {
          $group: {
            _id: { discountId: '$discounts.discountId', buyerKey: '$buyerKey' },
            uses: { $sum: 1 },
          },
        },
      ],
      { session },
    )
    .toArray();
  for (const { _id, uses: count } of rows) {
    const byBuyer = uses.get(_id.discountId) ?? new Map<string, number>();
    uses.set(_id.discountId, byBuyer.set(_id.buyerKey, count));
  }
  return uses;
}

/** Counts the orders with a `buyerKey` that use the discount, at the transaction's snapshot. */
export async function countUses(
  store: Store,
  session: Session,
  discountId: string,
): Promise<number> {
  return store.orders.countDocuments(
    {
      'discounts.discountId': discountId,
      buyerKey: { $exists: true },
      status: { $in: [...USING_STATUSES] },
    },
    { session },
  );
}

/**
 * Changes uses on the condition that each discount is still at the version that was read. The
 * orders that count for a limit per buyer change only together with that version, so one condition
 * guards both limits.
 * @throws StaleReadError if a discount has changed; the transaction must then run again
 */
export async function writeUses(
  store: Store,
  session: Session,
  changes: readonly UseChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const result = await store.discounts.bulkWrite(
    changes.map(({ discountId, fromVersion, toVersion, uses }) => ({
      updateOne: {
        filter: { _id: discountId, version: fromVersion },
        update: { $inc: { uses, version: toVersion - fromVersion } },
      },
    })),
    { session, ordered: false },
  );
  if (result.matchedCount !== changes.length) throw new StaleReadError('a discount');
}
