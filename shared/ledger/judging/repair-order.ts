import { areRepairable, type OrderDifference } from '../../domain/judging/order-differences.ts';
import { requestIndexing } from '../../search/request-indexing.ts';
import { REPAIR_ACTOR } from '../../store/collections/audit.ts';
import { writable } from '../../store/writable.ts';
import { commit } from '../commit.ts';
import type { LedgerContext } from '../ledger.ts';
import type { SuspectOrder } from './read-checkouts.ts';

/** An order that agrees with its checkout and with itself again. */
export interface RepairedOrder {
  readonly orderId: string;
  /** Paths of the repaired fields. */
  readonly fields: readonly string[];
}

/** An order that could not be repaired, with the reason. */
export interface UnrepairableOrder {
  readonly orderId: string;
  readonly reason: string;
}

/**
 * Repairs an order: sets its sums to the sums of its lines if its checkout has the same lines,
 * takes a missing `buyerKey` from its checkout, and adds its status to its history. If an order and
 * its checkout disagree otherwise, nothing is repaired, because the record does not show which of
 * them is right.
 */
export async function repairOrder(
  context: LedgerContext,
  { orderId, differences }: SuspectOrder,
): Promise<RepairedOrder | UnrepairableOrder> {
  if (!areRepairable(differences)) return { orderId, reason: explain(differences) };
  const at = context.clock.now();
  const fields = differences.map((difference) =>
    difference.kind === 'order_field' ? difference.field : 'history',
  );
  const filter = { _id: orderId, ...Object.assign({}, ...differences.map(toCondition)) };
  const actor = REPAIR_ACTOR;
  const entry = { action: 'ops.command', actor, target: orderId, outcome: 'done' } as const;
  const audit = [{ ...entry, detail: { fields } }];
  return commit<RepairedOrder | UnrepairableOrder>(context, [], async (session) => {
    const { orders } = writable(context.store);
    const result = await orders.updateOne(filter, toUpdate(differences, at), { session });
    if (result.matchedCount === 0) {
      return { result: { orderId, reason: 'it has changed meanwhile: run again' } };
    }
    // A repair has no event, by which the search index would find it.
    await requestIndexing(context.store, { subjectIds: [orderId], at, session });
    return { result: { orderId, fields }, changes: { at, audit } };
  });
}

/** Returns a filter that an order matches while the difference exists. */
function toCondition(difference: OrderDifference): Record<string, unknown> {
  if (difference.kind === 'order_field') return { [difference.field]: difference.stored };
  const { status, recorded } = difference;
  return { status, $expr: { $eq: [{ $ifNull: [{ $last: '$history.status' }, null] }, recorded] } };
}

function toUpdate(differences: readonly OrderDifference[], at: Date) {
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
    // With a new `seq`, a change that was decided earlier cannot write the old history again.
    $inc: { seq: 1 },
    ...(Object.keys($set).length > 0 && { $set }),
    ...(Object.keys($push).length > 0 && { $push }),
  };
}

function explain(differences: readonly OrderDifference[]): string {
  const status = differences.find((difference) => difference.kind === 'order_status');
  if (status !== undefined && differences.length === 1) {
    return `there is no status ${status.status}`;
  }
  return 'the order and its checkout differ, and the record does not show which of them is right';
}
