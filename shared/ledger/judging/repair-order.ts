import { writeAudit } from '../../audit/write-audit.ts';
import { areRepairable, type OrderDifference } from '../../domain/judging/order-differences.ts';
import { newId } from '../../runtime/ids.ts';
import { inTransaction } from '../../store/transaction.ts';
import { writable } from '../../store/writable.ts';
import type { LedgerContext } from '../ledger.ts';
import type { SuspectOrder } from './order-index.ts';

/** An order that agrees with its checkout and with itself again. */
export interface RepairedOrder {
  readonly orderId: string;
  /** What was set right, as paths. */
  readonly fields: readonly string[];
}

/** Why an order's record cannot be repaired by arithmetic. */
export interface UnrepairableOrder {
  readonly orderId: string;
  readonly reason: string;
}

/**
 * Sets an order's sums to those of its lines, if its checkout has the same, names the buyer that
 * its checkout names, and adds to its history the status that it is in: order states are the truth.
 * Whatever else an order and its checkout disagree about, nobody can tell which of them is right.
 */
export async function repairOrder(
  { store, clock }: LedgerContext,
  { orderId, differences }: SuspectOrder,
): Promise<RepairedOrder | UnrepairableOrder> {
  if (!areRepairable(differences)) return { orderId, reason: reasonOf(differences) };
  const at = clock.now();
  const fields = differences.map(fieldOf);
  const edit = editOf(differences, at);
  const isDone = await inTransaction(store, async (session) => {
    const filter = { _id: orderId, ...Object.assign({}, ...differences.map(seenIn)) };
    const result = await writable(store).orders.updateOne(filter, edit, { session });
    if (result.matchedCount !== 1) return false;
    const actor = { kind: 'operator', id: 'reconcile' } as const;
    const entry = { _id: newId('aud'), at, action: 'ops.command', actor, target: orderId } as const;
    await writeAudit(store, [{ ...entry, outcome: 'done', detail: { fields } }], session);
    return true;
  });
  return isDone ? { orderId, fields } : { orderId, reason: 'it has changed meanwhile' };
}

function fieldOf(difference: OrderDifference): string {
  return difference.kind === 'order_field' ? difference.field : 'history';
}

/** A condition that holds as long as the difference is there. */
function seenIn(difference: OrderDifference): Record<string, unknown> {
  if (difference.kind === 'order_field') return { [difference.field]: difference.stored };
  const { status, recorded } = difference;
  return { status, $expr: { $eq: [{ $ifNull: [{ $last: '$history.status' }, null] }, recorded] } };
}

function editOf(differences: readonly OrderDifference[], at: Date) {
  const $set: Record<string, unknown> = {};
  const $push: Record<string, unknown> = {};
  for (const difference of differences) {
    if (difference.kind === 'order_field') $set[difference.field] = difference.expected;
    else {
      const { status, recorded } = difference;
      const reason = `corrected: its history ended with ${recorded ?? 'nothing'}`;
      $push['history'] = { at, status, actor: 'system', reason };
    }
  }
  return {
    ...(Object.keys($set).length > 0 && { $set }),
    ...(Object.keys($push).length > 0 && { $push }),
  };
}

function reasonOf(differences: readonly OrderDifference[]): string {
  const status = differences.find((each) => each.kind === 'order_status');
  if (status !== undefined && differences.length === 1)
    return `there is no status ${status.status}`;
  return 'it and its checkout differ, and nobody can tell which of them is right';
}
