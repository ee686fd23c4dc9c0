import { newId } from '../runtime/ids.ts';
import { withoutLapsed } from './expire-orders.ts';
import type { LedgerContext } from './ledger.ts';
import { isReducing } from './moving/decide-move.ts';
import { moveOnce, type OrderMoveResult } from './moving/move-once.ts';
import type { OrderCommand } from './moving/order-command.ts';

export type { OrderMoveResult };

/**
 * Moves orders in one transaction, in the order of the commands: status, stock, discount uses,
 * movements, history and events together. A move that has already happened changes nothing. A
 * payment whose confirmation is refused is recorded.
 * @throws an error that a retry cannot fix; the batch then changes nothing
 */
export async function moveOrders(
  context: LedgerContext,
  commands: readonly OrderCommand[],
): Promise<readonly OrderMoveResult[]> {
  const marked = commands.map(withMark);
  return withoutLapsed(context, (isFinal) => moveOnce(context, marked, isFinal));
}

/**
 * Marks a command that takes units off an order, so that it finds its own effect if it runs again.
 */
function withMark(command: OrderCommand): OrderCommand {
  if (command.request !== undefined || !isReducing(command.move)) return command;
  return { ...command, request: { key: newId('mov'), hash: '' } };
}
