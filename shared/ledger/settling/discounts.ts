import type { BuyerUses, DiscountUses } from '../../domain/discounts/use-pools.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { Session, Store } from '../../store/store.ts';
import { readBuyerUses, readUses } from '../discount-uses.ts';

/** What is read of the discounts that a batch wants to use; nothing, if it wants none. */
export async function readDiscounts(
  store: Store,
  session: Session,
  checkouts: readonly CheckoutRecord[],
): Promise<{ discounts?: ReadonlyMap<string, DiscountUses>; buyerUses?: BuyerUses }> {
  const discountIds = discountIdsOf(checkouts);
  if (discountIds.length === 0) return {};
  const discounts = await readUses(store, session, discountIds);
  const buyerKeys = buyersUnderLimit(checkouts, discounts);
  const buyerUses = await readBuyerUses(store, session, discounts, buyerKeys);
  return { discounts, buyerUses };
}

/** Only of these it matters what they have used before. */
function buyersUnderLimit(
  checkouts: readonly CheckoutRecord[],
  discounts: ReadonlyMap<string, DiscountUses>,
): string[] {
  const limited = checkouts.filter((checkout) =>
    checkout.discounts?.some(
      ({ discountId }) => discounts.get(discountId)?.usageLimitPerBuyer !== undefined,
    ),
  );
  return [...new Set(limited.flatMap(({ buyerKey }) => buyerKey ?? []))];
}

/** Discounts that the checkouts want to use, each once. */
export function discountIdsOf(checkouts: readonly CheckoutRecord[]): string[] {
  const ids = new Set<string>();
  for (const { discounts } of checkouts) {
    for (const { discountId } of discounts ?? []) ids.add(discountId);
  }
  return [...ids];
}
