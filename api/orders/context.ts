import { splitOnError } from '../../shared/ledger/commit.ts';
import { BATCH_LINES_MAX, type LedgerContext } from '../../shared/ledger/ledger.ts';
import { moveOrders, type OrderMoveResult } from '../../shared/ledger/move-orders.ts';
import type { OrderCommand } from '../../shared/ledger/moving/order-command.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import type { Store } from '../../shared/store/store.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import type { FileSlots } from '../catalog/import-export/file-slots.ts';
import { routesWith } from '../http/route.ts';
import type { StorefrontPolicies } from '../storefronts/storefront-policies.ts';

const MOVES_MAX = 256;
const MOVES_WAITING_MAX = 10_000;

/** A command with its weight in a batch: the number of the order's lines. */
type WeighedOrderCommand = OrderCommand & { readonly weight: number };

/** The dependencies of orders. */
export interface OrdersContext extends AuditContext {
  readonly store: Store;
  readonly log: Logger;
  readonly fileSlots: FileSlots;
  readonly ledger: LedgerContext;
  /** The longest time that an order may hold its units, from when it was placed. */
  readonly reservationMaxMs: number;
  readonly storefrontPolicies: StorefrontPolicies;
  readonly orderMoves: GroupCommit<WeighedOrderCommand, OrderMoveResult>;
}

/** Defines a route of this folder. */
export const route = routesWith<OrdersContext>();

/** Groups concurrent moves of orders into shared transactions. */
export function groupOrderMoves(
  ledger: LedgerContext,
): GroupCommit<WeighedOrderCommand, OrderMoveResult> {
  return new GroupCommit({
    name: 'order moves',
    itemsMax: MOVES_MAX,
    weigh: (command) => command.weight,
    weightMax: BATCH_LINES_MAX,
    queueMax: MOVES_WAITING_MAX,
    commit: (commands) => splitOnError(commands, (batch) => moveOrders(ledger, batch)),
  });
}
