import type { Store } from '../../shared/store/store.ts';
import { routesWith } from '../http/route.ts';
import type { KeyedMutex } from '../limits/keyed-mutex.ts';
import type { OwnHolds } from '../orders/own-holds.ts';
import type { PricingContext } from '../pricing/price-request.ts';

/** The dependencies of carts. */
export interface CartsContext
  extends Pick<PricingContext, 'clock' | 'priceCache' | 'storefrontPolicies'> {
  readonly store: Store;
  readonly ownHolds: OwnHolds;
  /** Serialises the changes of each cart within this process, so that they rarely conflict. */
  readonly cartMutex: KeyedMutex;
}

/** Defines a route of this folder. */
export const route = routesWith<CartsContext>();
