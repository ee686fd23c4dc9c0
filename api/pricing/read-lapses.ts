import type { LapsedProduct } from '../../shared/domain/lapsed-holds.ts';
import type { PricedLine } from '../../shared/domain/vocabulary.ts';
import type { Buyer } from '../../shared/ledger/buyer-purchases.ts';
import { findLapses } from '../../shared/ledger/lapses/find-lapses.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { toLapsesId } from '../../shared/store/collections/lapsed-holds.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

interface LapsesQuery {
  readonly buyer: Buyer;
  readonly lines: readonly Pick<PricedLine, 'productId'>[];
}

/** Returns the products of these lines for which the buyer has to wait behind other buyers now. */
export async function readLapsedProducts(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  { buyer, lines }: LapsesQuery,
): Promise<readonly LapsedProduct[]> {
  const productIds = [...new Set(lines.map(({ productId }) => productId))];
  const ids = productIds.map((productId) => toLapsesId(buyer, productId));
  const options = { maxTimeMS: READ_TIMEOUT_MS };
  const lapses = await findLapses(store, ids, { at: clock.now(), options });
  return [...lapses.values()];
}
