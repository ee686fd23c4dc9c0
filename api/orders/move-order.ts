import { RefusedError } from '../../shared/domain/errors.ts';
import type { OrderMove } from '../../shared/domain/order-transitions.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import { type AuditedRequest, recordAudit } from '../audit/record-audit.ts';
import type { ApiContext } from '../context.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { countLines, noSuchOrder } from './order-store.ts';

/** A move that a caller asks of an order. */
interface MoveRequest {
  readonly orderId: string;
  readonly move: Exclude<OrderMove, 'expire'>;
  readonly reason?: string;
}

type Caller = AuditedRequest & { readonly context: ApiContext };

/**
 * Moves an order that the caller made or its shop sells; asking again changes nothing.
 * @throws RefusedError not_found, or invalid_transition naming the status and the move
 */
export async function moveOrder(caller: Caller, request: MoveRequest): Promise<OrderRecord> {
  const { context, principal } = caller;
  const lines = await countLines(context.store, principal, request.orderId);
  // A buyer may take back what nobody has acted on yet; the ledger decides it in its transaction.
  const bound = principal.kind === 'buyer' ? ({ onlyFrom: 'pending' } as const) : {};
  const command = { ...request, ...bound, actor: principal.id, lines };
  const submitted = context.orderMoves.submit(command);
  const result = await withDeadline('moving an order', WRITE_TIMEOUT_MS, submitted);
  if (result.kind === 'missing') throw noSuchOrder();
  if (result.kind === 'moved') await recordMove(caller, request, result.order);
  if (result.kind !== 'refused') return result.order;
  const extra = { from: result.order.status, move: request.move };
  throw new RefusedError('invalid_transition', `Not possible: ${result.reason}.`, [], extra);
}

/** Who acts by hand is put on record; what a key does stands in the order's history, by its id. */
async function recordMove(caller: Caller, request: MoveRequest, order: OrderRecord): Promise<void> {
  if (caller.principal.kind === 'key') return;
  const { move, reason } = request;
  const detail = { move, ...(reason !== undefined && { reason }) };
  const { _id: target, shopId } = order;
  await recordAudit(caller, 'order.moved', { target, shopId, detail });
}
