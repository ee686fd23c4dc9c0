import type { Store } from '../../shared/store/store.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import { routesWith } from '../http/route.ts';

/** What discounts need. */
export interface DiscountsContext extends AuditContext {
  readonly store: Store;
}

/** Defines a route of this folder. */
export const route = routesWith<DiscountsContext>();
