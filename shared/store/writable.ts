import type { LapsedHoldsRecord } from './collections/lapsed-holds.ts';
import type { MovementRecord } from './collections/movements.ts';
import type { OrderRecord } from './collections/orders.ts';
import type { PurchaseRecord } from './collections/purchases.ts';
import type { StockRecord } from './collections/stock.ts';
import type { Store } from './store.ts';
import type { Collection } from './typed-collection.ts';

/** The collections that only the ledger changes. */
interface LedgerCollections {
  readonly stock: Collection<StockRecord>;
  readonly movements: Collection<MovementRecord>;
  readonly orders: Collection<OrderRecord>;
  readonly purchases: Collection<PurchaseRecord>;
  readonly lapsedHolds: Collection<LapsedHoldsRecord>;
}

/**
 * Returns, for writing, the collections that only the ledger changes. An import rule allows this
 * only for the ledger and for migrations: all other code can only read them.
 */
export function writable(store: Store): LedgerCollections {
  return store as unknown as LedgerCollections;
}
