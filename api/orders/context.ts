import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import type { OrderMoveResult } from '../../shared/ledger/move-orders.ts';
import type { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { Store } from '../../shared/store/store.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import { routesWith } from '../http/route.ts';
import type { StorefrontPolicies } from '../storefronts/storefront-policies.ts';
import type { WeighedOrderCommand } from './group-order-moves.ts';

/** What orders need. */
export interface OrdersContext extends AuditContext {
  readonly store: Store;
  readonly ledger: LedgerContext;
  readonly storefrontPolicies: StorefrontPolicies;
  readonly orderMoves: GroupCommit<WeighedOrderCommand, OrderMoveResult>;
}

/** Defines a route of this folder. */
export const route = routesWith<OrdersContext>();
