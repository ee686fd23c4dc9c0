import type { Store } from '../../shared/store/store.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import { routesWith } from '../http/route.ts';
import type { StorefrontPolicies } from './storefront-policies.ts';

/** What the list of a shop's storefronts needs. */
export interface StorefrontsContext extends AuditContext {
  readonly store: Store;
  readonly storefrontPolicies: StorefrontPolicies;
}

/** Defines a route of this folder. */
export const route = routesWith<StorefrontsContext>();
