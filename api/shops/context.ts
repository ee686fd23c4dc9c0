import type { Store } from '../../shared/store/store.ts';
import type { AccessContext } from '../access/context.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import { routesWith } from '../http/route.ts';
import type { StorefrontPolicies } from '../storefronts/storefront-policies.ts';

/** What shops need; a new e-mail address needs the shop's password. */
export interface ShopsContext extends AuditContext, Pick<AccessContext, 'guesses' | 'passwords'> {
  readonly store: Store;
  readonly storefrontPolicies: StorefrontPolicies;
}

/** Defines a route of this folder. */
export const route = routesWith<ShopsContext>();
