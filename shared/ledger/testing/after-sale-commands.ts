import { expect } from 'vitest';
import type { ReducingMove } from '../../domain/decide-reduction.ts';
import { sumReductions } from '../../domain/reductions.ts';
import { newId } from '../../runtime/ids.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import { moveOrders } from '../move-orders.ts';
import { addParcel } from '../send-parcels.ts';
import { type Command, command, type RealLedger } from './ledger-command.ts';
import { type Cart, type ModelOrder, packOrder } from './order-model.ts';

/** How to reduce an order; by default all of its units are taken off. */
interface WantedReduction {
  readonly move: ReducingMove;
  readonly units: Cart | undefined;
  readonly isRestocked: boolean;
}

/** Cancels, returns or loses units of an order, twice with one Idempotency-Key. */
export function reduceOrder(pick: number, wanted: WantedReduction): Command {
  return command(`${JSON.stringify(wanted)} of ${pick}`, async (model, real) => {
    const order = model.orders[pick % Math.max(1, model.orders.length)];
    if (order === undefined) return;
    const { move, units, isRestocked } = wanted;
    const expected = model.reduce(order, move, units, isRestocked);
    const request = { key: newId('mov'), hash: 'the same' };
    const common = { orderId: order.id, move, actor: 'test', isRestocked, request };
    const reduction = { ...common, ...toLines(real, units) };
    const [reduced, again] = await moveOrders(real.ledger, [reduction, reduction]);
    expect(reduced).toMatchObject({ kind: expected, order: { status: order.status } });
    if (reduced?.kind !== 'moved') return;
    expect(again).toMatchObject({ kind: 'unchanged', order: { seq: reduced.order.seq } });
    expectSums(order, reduced.order);
  });
}

/** Sends units of an order in a parcel, twice with one tracking reference. */
export function packUnits(pick: number, units: Cart | undefined): Command {
  return command(`send ${JSON.stringify(units)} of ${pick}`, async (model, real) => {
    const order = model.orders[pick % Math.max(1, model.orders.length)];
    if (order === undefined) return;
    const expected = packOrder(order, units);
    const source = { actor: { kind: 'system', id: 'test' } } as const;
    const trackingReference = newId('pcl');
    const common = { orderId: order.id, trackingReference, actor: 'test', source };
    const parcel = { ...common, ...toLines(real, units) };
    const sent = await addParcel(real.ledger, { ...parcel, parcelId: newId('pcl') });
    expect(sent).toMatchObject({ kind: expected, order: { status: order.status } });
    if (sent.kind !== 'changed') return;
    const again = await addParcel(real.ledger, { ...parcel, parcelId: newId('pcl') });
    expect(again).toMatchObject({ kind: 'unchanged', parcel: { id: sent.parcel.id } });
  });
}

function toLines({ variants }: RealLedger, units: Cart | undefined) {
  if (units === undefined) return {};
  const lines = variants.flatMap(({ variantId }, index) => {
    const quantity = units[index] ?? 0;
    return quantity > 0 ? [{ variantId, quantity }] : [];
  });
  return { lines };
}

/** Expects a refund of at most the amount due, and of all of it once no units are left. */
function expectSums({ status }: ModelOrder, order: OrderRecord): void {
  const { amountDue, refunded } = sumReductions(order);
  expect(refunded).toBeGreaterThanOrEqual(0);
  expect(refunded).toBeLessThanOrEqual(amountDue);
  const isOver = ['cancelled', 'returned', 'lost'].includes(status);
  if (isOver) expect(refunded).toBe(amountDue);
}
