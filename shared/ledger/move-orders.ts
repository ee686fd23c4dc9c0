import { withoutLapsed } from './expire-orders.ts';
import type { LedgerContext } from './ledger.ts';
import type { OrderCommand } from './moving/apply-move.ts';
import { moveOnce, type OrderMoveResult } from './moving/move-once.ts';

export type { OrderMoveResult };

/**
 * Moves orders in one transaction, in the order of the commands: status, stock, discount uses,
 * movements, history and events together. A move that has already happened changes nothing. A
 * payment whose confirmation is refused goes on record.
 * @throws the error that another try cannot cure; nothing of the batch is then done
 */
export async function moveOrders(
  context: LedgerContext,
  commands: readonly OrderCommand[],
): Promise<readonly OrderMoveResult[]> {
  return withoutLapsed(context, (isFinal) => moveOnce(context, commands, isFinal));
}
