import type { AdjustmentCommand, AdjustmentResult } from '../../shared/ledger/adjust-stock.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import type { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { Store } from '../../shared/store/store.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import { routesWith } from '../http/route.ts';

/** What the inventory needs. */
export interface InventoryContext extends AuditContext {
  readonly store: Store;
  readonly ledger: LedgerContext;
  readonly adjustments: GroupCommit<AdjustmentCommand, AdjustmentResult>;
}

/** Defines a route of this folder. */
export const route = routesWith<InventoryContext>();
