import {
  decideReduction,
  type LineRefusal,
  REDUCING_MOVES,
  type ReducingMove,
  type ReductionDecision,
} from '../../domain/decide-reduction.ts';
import type { UseChanges } from '../../domain/discounts/use-changes.ts';
import { checkRepeatedDetails } from '../../domain/order-details.ts';
import {
  decideReacquisition,
  decideTransition,
  type TransitionDecision,
} from '../../domain/order-transitions.ts';
import type { PurchaseChanges } from '../../domain/purchase-changes.ts';
import type { Rejection } from '../../domain/rejection.ts';
import type { StockChanges } from '../../domain/stock-changes.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { OrderCommand } from './order-command.ts';
import { judgeReacquisition } from './reacquire.ts';

/**
 * Why a command was refused. If there is a `code`, the cause is the part of the request at `path`.
 */
export type MoveRefusal = Omit<LineRefusal, 'code'> & {
  readonly code?: LineRefusal['code'] | 'idempotency_key_reused';
  /** Why an expired order cannot reacquire its units. */
  readonly rejection?: Rejection;
};

type MoveDecision =
  | Exclude<TransitionDecision | ReductionDecision, { readonly kind: 'refused' }>
  | MoveRefusal;

/** The facts that a decision depends on in addition to the order. */
interface Situation {
  readonly at: Date;
  readonly stock: StockChanges;
  readonly uses: UseChanges;
  readonly purchases: PurchaseChanges;
}

/** Decides one command on the current state of an order, and changes nothing. */
export function decideMove(
  order: OrderRecord,
  command: OrderCommand,
  { at, stock, uses, purchases }: Situation,
): MoveDecision {
  const { move, actorKind, details, forbidden, isReacquiring } = command;
  if (forbidden !== undefined) return { kind: 'refused', reason: forbidden };
  if (isReducing(move)) {
    const repeated = findRepeated(order, command);
    return repeated ?? decideReduction(order, { ...command, move }, at, actorKind);
  }
  const decision =
    move === 'confirm' && isReacquiring
      ? decideReacquisition(order, at, actorKind)
      : decideTransition(order, move, at, actorKind);
  if (decision.kind === 'moved' && decision.effect.isNewClaim) {
    const rejection = judgeReacquisition(order, stock, uses, purchases);
    const reason = 'its units or discounts are no longer available';
    return rejection === undefined ? decision : { kind: 'refused', reason, rejection };
  }
  return checkRepeatedDetails(decision, order, details);
}

/** Returns whether a move takes units off an order. */
export function isReducing(move: OrderCommand['move']): move is ReducingMove {
  return Object.hasOwn(REDUCING_MOVES, move);
}

/**
 * Returns the decision on a command if an earlier command with the same Idempotency-Key has taken
 * units off the order; undefined otherwise.
 */
function findRepeated(
  { reductions = [] }: OrderRecord,
  { request }: OrderCommand,
): { readonly kind: 'unchanged' } | MoveRefusal | undefined {
  if (request === undefined) return undefined;
  const earlier = reductions.find((reduction) => reduction.request?.key === request.key);
  if (earlier === undefined) return undefined;
  if (earlier.request?.hash === request.hash) return { kind: 'unchanged' };
  const reason = 'this Idempotency-Key was used for another request';
  return { kind: 'refused', code: 'idempotency_key_reused', path: 'Idempotency-Key', reason };
}
