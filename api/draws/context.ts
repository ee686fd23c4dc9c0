import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import type { Store } from '../../shared/store/store.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import { routesWith } from '../http/route.ts';

/** The dependencies of draws. */
export interface DrawsContext extends AuditContext {
  readonly store: Store;
  readonly ledger: LedgerContext;
}

/** Defines a route of this folder. */
export const route = routesWith<DrawsContext>();
