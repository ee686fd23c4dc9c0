import { splitOnError } from '../../shared/ledger/commit.ts';
import { BATCH_LINES_MAX, type LedgerContext } from '../../shared/ledger/ledger.ts';
import { moveOrders, type OrderMoveResult } from '../../shared/ledger/move-orders.ts';
import type { OrderCommand } from '../../shared/ledger/moving/apply-move.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';

const MOVES_MAX = 256;
const MOVES_WAITING_MAX = 10_000;

/** A command with its weight in a batch: the lines of its order. */
export type WeighedOrderCommand = OrderCommand & { readonly lines: number };

/** Moves of orders that arrive together share a transaction. */
export function groupOrderMoves(
  ledger: LedgerContext,
): GroupCommit<WeighedOrderCommand, OrderMoveResult> {
  return new GroupCommit({
    name: 'order moves',
    itemsMax: MOVES_MAX,
    weigh: (command) => command.lines,
    weightMax: BATCH_LINES_MAX,
    queueMax: MOVES_WAITING_MAX,
    commit: (commands) => splitOnError(commands, (batch) => moveOrders(ledger, batch)),
  });
}
