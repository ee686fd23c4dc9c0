import {
  type AdjustmentCommand,
  type AdjustmentResult,
  adjustStock,
} from '../../shared/ledger/adjust-stock.ts';
import { splitOnError } from '../../shared/ledger/commit.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { Store } from '../../shared/store/store.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import { routesWith } from '../http/route.ts';

const ADJUSTMENTS_MAX = 500;
const ADJUSTMENTS_WAITING_MAX = 10_000;

/** The dependencies of the inventory. */
export interface InventoryContext extends AuditContext {
  readonly store: Store;
  readonly ledger: LedgerContext;
  readonly adjustments: GroupCommit<AdjustmentCommand, AdjustmentResult>;
}

/** Defines a route of this folder. */
export const route = routesWith<InventoryContext>();

/** Groups concurrent adjustments into shared transactions. */
export function groupAdjustments(
  ledger: LedgerContext,
): GroupCommit<AdjustmentCommand, AdjustmentResult> {
  return new GroupCommit({
    name: 'adjustments',
    itemsMax: ADJUSTMENTS_MAX,
    queueMax: ADJUSTMENTS_WAITING_MAX,
    commit: (commands) => splitOnError(commands, (batch) => adjustStock(ledger, batch)),
  });
}
