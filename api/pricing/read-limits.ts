import { toBuyerKey } from '../../shared/domain/discounts/terms.ts';
import type { Offer } from '../../shared/domain/offers.ts';
import { type LimitState, listLimitStates } from '../../shared/domain/purchase-limits.ts';
import type { PricedLine } from '../../shared/domain/vocabulary.ts';
import { type Buyer, readPurchases } from '../../shared/ledger/buyer-purchases.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { atSnapshot } from '../../shared/store/snapshot.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

interface LimitQuery {
  readonly buyer: Buyer;
  readonly lines: readonly Pick<PricedLine, 'variantId' | 'productId' | 'quantity'>[];
  readonly offers: ReadonlyMap<string, Offer>;
}

/**
 * Reads what a buyer has bought so far under each purchase limit of these lines. Lapsed orders do
 * not count. Reads nothing if no line has a limit.
 */
export async function readLimitStates(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  { buyer, lines, offers }: LimitQuery,
): Promise<LimitState[]> {
  const lineLimits = lines.flatMap(({ variantId }) => offers.get(variantId)?.limits ?? []);
  if (lineLimits.length === 0) return [];
  const limits = new Map(lineLimits.map((limit) => [limit.itemId, limit]));
  const at = clock.now();
  const terms = { limits, at, isWithoutLapsed: true, maxTimeMS: READ_TIMEOUT_MS };
  const query = { buyers: [{ ...buyer, lines }], ...terms };
  const purchases = await atSnapshot(store, (session) => readPurchases(store, session, query));
  return listLimitStates(lines, toBuyerKey(buyer.storefrontId, buyer.buyerId), limits, purchases);
}
