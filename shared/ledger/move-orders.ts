import { newId } from '../runtime/ids.ts';
import { withoutLapsed } from './expire-orders.ts';
import type { LedgerContext } from './ledger.ts';
import { isReducing } from './moving/decide-move.ts';
import { moveOnce, type OrderMoveResult } from './moving/move-once.ts';
import type { OrderCommand } from './moving/order-command.ts';

export type { OrderMoveResult };

/**
 * Moves orders in one transaction, in the order of the commands: status, stock, discount uses,
 * movements, history and events together. A move that has already happened changes nothing. If a
 * confirmation is refused, its payment is recorded.
 * @throws the error of the transaction; no order is then moved, unless the answer to a commit was
 *   lost
 */
export async function moveOrders(
  context: LedgerContext,
  commands: readonly OrderCommand[],
): Promise<readonly OrderMoveResult[]> {
  const recognizable = commands.map(withRequestKey);
  return withoutLapsed(context, (isFinal) => moveOnce(context, recognizable, isFinal));
}

/**
 * Adds a request key to a command that takes units off an order and has none. By its key the
 * command recognizes its own effect if it runs again.
 */
function withRequestKey(command: OrderCommand): OrderCommand {
  if (command.request !== undefined || !isReducing(command.move)) return command;
  return { ...command, request: { key: newId('mov'), hash: '' } };
}
