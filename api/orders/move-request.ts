import { hash } from 'node:crypto';
import type { ReducedCharge } from '../../shared/domain/charges.ts';
import type { RequestedLine } from '../../shared/domain/lines.ts';
import { pickDetails } from '../../shared/domain/order-details.ts';
import type { OrderMove } from '../../shared/domain/order-transitions.ts';
import type { OrderCommand } from '../../shared/ledger/moving/order-command.ts';
import { type AuditedCaller, toAuditDraft } from '../audit/record-audit.ts';
import { checkIdempotencyKey, ownIdempotencyKey } from '../http/idempotency-key.ts';
import type { Principal } from '../http/principal.ts';

/** A move of an order that a caller requests. */
export interface MoveRequest {
  readonly orderId: string;
  readonly move: Exclude<OrderMove, 'expire'>;
  readonly reason?: string;
  /**
   * Only for a confirmation: whether an order whose reservation has ended takes its units again.
   */
  readonly isReacquiring?: boolean;
  /** Details to put on the order when it moves; `undefined` counts as absent. */
  readonly details?: Parameters<typeof pickDetails>[0];
  /** The units to cancel, or that were returned or lost; all units by default. */
  readonly lines?: readonly RequestedLine[] | undefined;
  /** The amounts of the charges to give back. */
  readonly charges?: readonly ReducedCharge[] | undefined;
  /** Only for a return or a loss: whether the units go back on sale. */
  readonly isRestocked?: boolean;
  readonly idempotencyKey?: string | undefined;
}

/**
 * Returns the audit entry of a move. A move by a key needs none, because the order's history
 * contains the key's id.
 */
export function toMoveAudit(
  caller: AuditedCaller,
  { orderId: target, move, reason, lines, details = {} }: MoveRequest,
  shopId: string,
): Pick<OrderCommand, 'audit'> {
  const { kind } = caller.principal;
  if (kind === 'key') return {};
  const detail = {
    move,
    // A buyer's text is stored only on the order, where it can be erased.
    ...(reason !== undefined && kind !== 'buyer' && { reason }),
    ...(lines && { lines }),
    ...pickDetails(details),
  };
  return { audit: toAuditDraft(caller, 'order.moved', { target, shopId, detail }) };
}

/**
 * Returns the hashes by which a repeat of a request with an Idempotency-Key is recognized. Both
 * contain the key, which is not stored. So a hash that remains after its buyer was erased does not
 * confirm a guessed reason.
 */
export function hashRequest(
  principal: Principal,
  { idempotencyKey, move, lines, charges, isRestocked, reason }: MoveRequest,
): Pick<OrderCommand, 'request'> {
  if (idempotencyKey === undefined) return {};
  const key = ownIdempotencyKey(principal, checkIdempotencyKey(idempotencyKey));
  const content = JSON.stringify({ key, move, lines, charges, isRestocked, reason });
  return { request: { key: hash('sha256', key), hash: hash('sha256', content) } };
}
