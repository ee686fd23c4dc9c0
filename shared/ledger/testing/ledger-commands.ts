import fc from 'fast-check';
import { expect } from 'vitest';
import type { OrderMove } from '../../domain/order-transitions.ts';
import { newId } from '../../runtime/ids.ts';
import type { DiscountRecord } from '../../store/collections/discounts.ts';
import {
  type GivenVariant,
  givenCheckouts,
  lineOf,
  withDiscounts,
} from '../../testing/builders.ts';
import type { ManualClock } from '../../testing/manual-clock.ts';
import { adjustStock } from '../adjust-stock.ts';
import type { LedgerContext } from '../ledger.ts';
import { moveOrders } from '../move-orders.ts';
import { settleCheckouts } from '../settle-checkouts.ts';
import type { Cart, LedgerModel, ModelLevel, Purchase } from './ledger-model.ts';

/** How long an order holds its units in these runs. */
export const TTL_MS = 1_000;
export const VARIANTS = 3;
export const DISCOUNTS = 2;
const BUYERS = 3;
const ON_HAND_MAX = 60;

/** The ledger on a real database, with what is in it. */
export interface RealLedger {
  readonly ledger: LedgerContext;
  readonly clock: ManualClock;
  readonly variants: readonly GivenVariant[];
  readonly discounts: readonly DiscountRecord[];
}

type Command = fc.AsyncCommand<LedgerModel, RealLedger>;

/** Everything that can be asked of the ledger, each checked against the model at once. */
export const ledgerCommands: fc.Arbitrary<Command>[] = [
  fc.array(purchase(), { minLength: 1, maxLength: 5 }).map(settleBatch),
  fc.nat().map(settleAgain),
  fc.tuple(fc.nat(), anyMove()).map(([pick, move]) => moveOrder(pick, move)),
  // Twice, for orders to get anywhere.
  fc.tuple(fc.nat(), anyMove()).map(([pick, move]) => moveOrder(pick, move)),
  fc.tuple(variant(), fc.integer({ min: -20, max: 20 })).map(([at, delta]) => adjust(at, delta)),
  fc.tuple(variant(), fc.integer({ min: 2, max: 6 })).map(([at, buyers]) => race(at, buyers)),
  fc
    .tuple(fc.nat(DISCOUNTS - 1), fc.integer({ min: 2, max: 6 }))
    .map(([at, buyers]) => raceForCode(at, buyers)),
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

function purchase(): fc.Arbitrary<Purchase> {
  return fc.record({
    cart: cart(),
    buyer: fc.nat(BUYERS - 1),
    discounts: fc.subarray(Array.from({ length: DISCOUNTS }, (_, discount) => discount)),
  });
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
      expect(await usesOf(real)).toEqual(real.discounts.map((_, at) => model.uses(at)));
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

async function usesOf({ ledger, discounts }: RealLedger): Promise<(number | undefined)[]> {
  const found = await ledger.store.discounts.find().lean();
  return discounts.map(({ _id }) => found.find((each) => each._id === _id)?.uses);
}

async function accept(real: RealLedger, purchases: readonly Purchase[]) {
  const { ledger, clock, variants } = real;
  const checkouts = purchases.map(({ cart: units, buyer, discounts }) => {
    const lines = variants.flatMap((each, at) => {
      const quantity = units[at] ?? 0;
      return quantity > 0 ? [lineOf(each, quantity)] : [];
    });
    const used = discounts.flatMap((at) => real.discounts[at] ?? []);
    const discounted = used.length === 0 ? { lines } : withDiscounts(lines, used, `b/${buyer}`);
    return { receivedAt: clock.now(), ...discounted };
  });
  return (await givenCheckouts(ledger.store, checkouts)).map((each) => each._id);
}

function noteSettled(
  model: LedgerModel,
  { clock }: RealLedger,
  purchase: Purchase,
  settled: { checkoutId: string; status: string; orderIds: readonly string[] },
): void {
  model.settled.push({ id: settled.checkoutId, status: settled.status });
  const [id] = settled.orderIds;
  if (id === undefined) return;
  const reservedUntil = new Date(clock.now().getTime() + TTL_MS);
  model.orders.push({ ...purchase, id, reservedUntil, status: 'pending' });
}

function settleBatch(purchases: readonly Purchase[]): Command {
  return command(`settle ${JSON.stringify(purchases)}`, async (model, real) => {
    const ids = await accept(real, purchases);
    const twice = [...ids, ...ids];
    const settled = (await settleCheckouts(real.ledger, twice)).slice(0, ids.length);
    settled.forEach((each, index) => {
      const wanted = purchases[index];
      if (wanted === undefined) throw new RangeError('settled what nobody asked for');
      expect(each.rejection?.code).toBe(model.reserve(wanted));
      noteSettled(model, real, wanted, each);
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
    const wanted = { cart: one, buyer: 0, discounts: [] };
    const served = Math.min(buyers, model.available(at));
    const ids = await accept(
      real,
      Array.from({ length: buyers }, () => wanted),
    );
    const settled = await Promise.all(ids.map((id) => settleCheckouts(real.ledger, [id])));
    for (const each of settled.flat()) {
      if (each.status === 'placed') model.reserve(wanted);
      noteSettled(model, real, wanted, each);
    }
    expect(settled.flat().filter((each) => each.status === 'placed')).toHaveLength(served);
  });
}

/** One buyer's checkouts with one code, all at once: as many are served as limits and units let. */
function raceForCode(discount: number, times: number): Command {
  return command(`race ${times} for code ${discount}`, async (model, real) => {
    const first = Array.from({ length: VARIANTS }, (_, index) => (index === 0 ? 1 : 0));
    const wanted = { cart: first, buyer: 0, discounts: [discount] };
    const ids = await accept(
      real,
      Array.from({ length: times }, () => wanted),
    );
    const settled = await Promise.all(ids.map((id) => settleCheckouts(real.ledger, [id])));
    const placed = settled.flat().filter((each) => each.status === 'placed');
    for (const each of placed) {
      expect(model.reserve(wanted)).toBeUndefined();
      noteSettled(model, real, wanted, each);
    }
    if (placed.length < times) expect(model.reserve(wanted)).toBeDefined();
  });
}

function passTime(ms: number): Command {
  return command(`${ms} ms pass`, async (_, { clock }) => clock.advance(ms));
}
