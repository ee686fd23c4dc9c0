import type { Store } from '../../shared/store/store.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import { routesWith } from '../http/route.ts';
import type { StorefrontPolicies } from './storefront-policies.ts';

/** The dependencies of the routes that list storefronts. */
export interface StorefrontsContext extends AuditContext {
  readonly store: Store;
  readonly storefrontPolicies: StorefrontPolicies;
}

/** Defines a route of this folder. */
export const route = routesWith<StorefrontsContext>();
