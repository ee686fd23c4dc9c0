import fc from 'fast-check';
import { expect } from 'vitest';
import type { OrderMove } from '../../domain/order-transitions.ts';
import { newId } from '../../runtime/ids.ts';
import { type GivenVariant, givenCheckouts, lineOf } from '../../testing/builders.ts';
import type { ManualClock } from '../../testing/manual-clock.ts';
import { adjustStock } from '../adjust-stock.ts';
import type { LedgerContext } from '../ledger.ts';
import { moveOrders } from '../move-orders.ts';
import { settleCheckouts } from '../settle-checkouts.ts';
import type { Cart, LedgerModel, ModelLevel } from './ledger-model.ts';

/** How long an order holds its units in these runs. */
export const TTL_MS = 1_000;
export const VARIANTS = 3;
const ON_HAND_MAX = 60;

/** The ledger on a real database, with what is in it. */
export interface RealLedger {
  readonly ledger: LedgerContext;
  readonly clock: ManualClock;
  readonly variants: readonly GivenVariant[];
}

type Command = fc.AsyncCommand<LedgerModel, RealLedger>;

/** Everything that can be asked of the ledger, each checked against the model at once. */
export const ledgerCommands: fc.Arbitrary<Command>[] = [
  fc.array(cart(), { minLength: 1, maxLength: 5 }).map(settleBatch),
  fc.nat().map(settleAgain),
  fc.tuple(fc.nat(), anyMove()).map(([pick, move]) => moveOrder(pick, move)),
  // Twice, for orders to get anywhere.
  fc.tuple(fc.nat(), anyMove()).map(([pick, move]) => moveOrder(pick, move)),
  fc.tuple(variant(), fc.integer({ min: -20, max: 20 })).map(([at, delta]) => adjust(at, delta)),
  fc.tuple(variant(), fc.integer({ min: 2, max: 6 })).map(([at, buyers]) => race(at, buyers)),
  fc.integer({ min: 1, max: TTL_MS }).map(passTime),
];

function variant(): fc.Arbitrary<number> {
  return fc.nat(VARIANTS - 1);
}

function cart(): fc.Arbitrary<Cart> {
  return fc
    .array(fc.nat(6), { minLength: VARIANTS, maxLength: VARIANTS })
    .filter((units) => units.some((each) => each > 0));
}

function anyMove(): fc.Arbitrary<OrderMove> {
  return fc.constantFrom<OrderMove[]>('confirm', 'cancel', 'expire', 'ship', 'deliver');
}

function command(
  name: string,
  run: (model: LedgerModel, real: RealLedger) => Promise<void>,
): Command {
  return {
    check: () => true,
    toString: () => name,
    run: async (model, real) => {
      await run(model, real);
      expect(await levelsOf(real)).toEqual(model.levels);
    },
  };
}

async function levelsOf({ ledger, variants }: RealLedger): Promise<ModelLevel[]> {
  const levels = await ledger.store.stock.find().lean();
  return variants.map(({ variantId }) => {
    const level = levels.find((each) => each._id === variantId);
    if (level === undefined) throw new Error(`${variantId} has no stock level`);
    const { onHand, reserved, sold } = level;
    return { onHand, reserved, sold };
  });
}

async function accept({ ledger, clock, variants }: RealLedger, carts: readonly Cart[]) {
  const checkouts = carts.map((units) => ({
    receivedAt: clock.now(),
    lines: variants.flatMap((each, at) => {
      const quantity = units[at] ?? 0;
      return quantity > 0 ? [lineOf(each, quantity)] : [];
    }),
  }));
  return (await givenCheckouts(ledger.store, checkouts)).map((each) => each._id);
}

function noteSettled(
  model: LedgerModel,
  { clock }: RealLedger,
  units: Cart,
  settled: { checkoutId: string; status: string; orderIds: readonly string[] },
): void {
  model.settled.push({ id: settled.checkoutId, status: settled.status });
  const [id] = settled.orderIds;
  if (id === undefined) return;
  const reservedUntil = new Date(clock.now().getTime() + TTL_MS);
  model.orders.push({ id, cart: units, reservedUntil, status: 'pending' });
}

function settleBatch(carts: readonly Cart[]): Command {
  return command(`settle ${JSON.stringify(carts)}`, async (model, real) => {
    const ids = await accept(real, carts);
    const twice = [...ids, ...ids];
    const settled = (await settleCheckouts(real.ledger, twice)).slice(0, ids.length);
    settled.forEach((each, index) => {
      const units = carts[index] ?? [];
      expect(each.status).toBe(model.reserve(units) ? 'placed' : 'rejected');
      noteSettled(model, real, units, each);
    });
  });
}

function settleAgain(pick: number): Command {
  return command(`settle again ${pick}`, async (model, { ledger }) => {
    const earlier = model.settled[pick % Math.max(1, model.settled.length)];
    if (earlier === undefined) return;
    const [again] = await settleCheckouts(ledger, [earlier.id]);
    expect(again).toMatchObject({ checkoutId: earlier.id, status: earlier.status });
  });
}

function moveOrder(pick: number, move: OrderMove): Command {
  return command(`${move} ${pick}`, async (model, { ledger, clock }) => {
    const order = model.orders[pick % Math.max(1, model.orders.length)];
    if (order === undefined) return;
    const expected = model.move(order, move, clock.now());
    const [moved] = await moveOrders(ledger, [{ orderId: order.id, move, actor: 'test' }]);
    expect(moved).toMatchObject({ kind: expected, order: { status: order.status } });
  });
}

function adjust(at: number, delta: number): Command {
  return command(`adjust ${at} by ${delta}`, async (model, { ledger, variants }) => {
    const { variantId = '', productId = '' } = variants[at] ?? {};
    const common = { reason: 'count', actor: 'test', onHandMax: ON_HAND_MAX };
    const adjustment = { movementId: newId('mov'), variantId, productId, amount: { delta } };
    const commands = [{ ...common, ...adjustment }];
    const [adjusted] = await adjustStock(ledger, commands);
    expect(adjusted?.kind).toBe(model.adjust(at, delta, ON_HAND_MAX));
    if (adjusted?.kind === 'adjusted') await adjustStock(ledger, commands);
  });
}

/** Buyers of one unit each, all at once: as many are served as there are units. */
function race(at: number, buyers: number): Command {
  return command(`race ${buyers} for ${at}`, async (model, real) => {
    const one = Array.from({ length: VARIANTS }, (_, index) => (index === at ? 1 : 0));
    const carts = Array.from({ length: buyers }, () => one);
    const served = Math.min(buyers, model.available(at));
    const ids = await accept(real, carts);
    const settled = await Promise.all(ids.map((id) => settleCheckouts(real.ledger, [id])));
    for (const each of settled.flat()) {
      if (each.status === 'placed') model.reserve(one);
      noteSettled(model, real, one, each);
    }
    expect(settled.flat().filter((each) => each.status === 'placed')).toHaveLength(served);
  });
}

function passTime(ms: number): Command {
  return command(`${ms} ms pass`, async (_, { clock }) => clock.advance(ms));
}
