import type { Store } from '../../shared/store/store.ts';
import { routesWith } from '../http/route.ts';

/** What looking up variants needs. */
export interface VariantsContext {
  readonly store: Store;
}

/** Defines a route of this folder. */
export const route = routesWith<VariantsContext>();
