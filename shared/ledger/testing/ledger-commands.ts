import fc from 'fast-check';
import { expect } from 'vitest';
import type { AdjustmentAmount } from '../../domain/adjustment.ts';
import type { ReducingMove } from '../../domain/decide-reduction.ts';
import { newId } from '../../runtime/ids.ts';
import { adjustStock } from '../adjust-stock.ts';
import { extendReservation } from '../extend-reservation.ts';
import { moveOrders } from '../move-orders.ts';
import { packUnits, reduceOrder } from './after-sale-commands.ts';
import {
  beginDraw,
  callOffDraw,
  closeEntries,
  enterDraw,
  finishDraw,
  serveNext,
  withdrawEntry,
} from './draw-commands.ts';
import { type Command, command, readExpiry, TTL_MS, VARIANTS } from './ledger-command.ts';
import { type Cart, extendOrder, type PlainMove, type Purchase } from './order-model.ts';
import {
  raceForCode,
  raceForUnits,
  settleAgain,
  settleBatch,
  withdrawAmong,
  withdrawWhileSettling,
} from './settling-commands.ts';
import { waitForUnits } from './waiting-commands.ts';

const DISCOUNTS = 2;
const BUYERS = 3;
const ON_HAND_MAX = 60;
/** The maximum time for which extensions let an order hold its units, in ms. */
const HELD_MS_MAX = 3 * TTL_MS;

/** All commands of the ledger. After each of them the ledger is compared with the model. */
export const ledgerCommands: fc.Arbitrary<Command>[] = [
  fc.array(purchase(), { minLength: 1, maxLength: 5 }).map(settleBatch),
  fc.nat().map(settleAgain),
  fc.array(fc.tuple(purchase(), fc.boolean()), { minLength: 1, maxLength: 4 }).map(withdrawAmong),
  fc
    .tuple(variant(), fc.integer({ min: 2, max: 5 }))
    .map(([at, buyers]) => withdrawWhileSettling(at, buyers)),
  fc.tuple(fc.nat(), plainMove()).map(([pick, move]) => moveOrder(pick, move)),
  // Listed twice, so that more orders get past their first status.
  fc.tuple(fc.nat(), plainMove()).map(([pick, move]) => moveOrder(pick, move)),
  fc.nat().map(reacquire),
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 2 * TTL_MS })).map(([pick, ms]) => extend(pick, ms)),
  fc.tuple(fc.nat(), reduction()).map(([pick, wanted]) => reduceOrder(pick, wanted)),
  fc.tuple(fc.nat(), reduction()).map(([pick, wanted]) => reduceOrder(pick, wanted)),
  fc.tuple(fc.nat(), someUnits()).map(([pick, units]) => packUnits(pick, units)),
  fc.tuple(variant(), amount()).map(([at, change]) => adjust(at, change)),
  fc
    .tuple(variant(), fc.integer({ min: 2, max: 6 }), fc.boolean())
    .map(([at, buyers, isUnlisted]) => raceForUnits(at, buyers, isUnlisted)),
  fc
    .tuple(fc.nat(DISCOUNTS - 1), fc.integer({ min: 2, max: 6 }))
    .map(([at, buyers]) => raceForCode(at, buyers)),
  fc
    .tuple(
      fc.array(purchase(), { minLength: 1, maxLength: 4 }),
      variant(),
      fc.integer({ min: 1, max: 8 }),
    )
    .map(([wanted, at, units]) => waitForUnits(wanted, { at, units, onHandMax: ON_HAND_MAX })),
  fc.tuple(draw(), entries()).map(([wanted, first]) => beginDraw(wanted, first)),
  fc.tuple(draw(), entries()).map(([wanted, first]) => beginDraw(wanted, first)),
  fc.tuple(fc.nat(), entries()).map(([pick, more]) => enterDraw(pick, more)),
  fc.tuple(fc.nat(), fc.nat()).map(([pick, entry]) => withdrawEntry(pick, entry)),
  fc.nat().map(closeEntries),
  fc.nat().map(callOffDraw),
  fc.nat().map(serveNext),
  // Listed twice, like `beginDraw`, so that more draws give returned units to their next entries.
  fc.nat().map(serveNext),
  fc.nat().map(finishDraw),
  fc.integer({ min: 1, max: TTL_MS }).map(passTime),
];

function variant(): fc.Arbitrary<number> {
  return fc.nat(VARIANTS - 1);
}

function cart(): fc.Arbitrary<Cart> {
  return fc
    .array(fc.nat(6), { minLength: VARIANTS, maxLength: VARIANTS })
    .filter((units) => units.some((count) => count > 0));
}

function purchase(): fc.Arbitrary<Purchase> {
  const common = { cart: cart(), buyer: fc.nat(BUYERS - 1), isUnlisted: fc.boolean() };
  const discounts = fc.subarray(Array.from({ length: DISCOUNTS }, (_, discount) => discount));
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ ...common, discounts }) },
    {
      weight: 1,
      arbitrary: fc.record({
        ...common,
        discounts: fc.constant([]),
        isFree: fc.constant(true),
        // Only a listed storefront may confirm.
        isUnlisted: fc.constant(false),
      }),
    },
  );
}

function draw() {
  return fc.record({
    at: variant(),
    units: fc.integer({ min: 1, max: 5 }),
    openMs: fc.integer({ min: 1, max: TTL_MS }),
    seed: fc.nat(),
  });
}

/** More buyers than elsewhere, so that many can enter; some enter twice. */
function entries() {
  const entry = fc.record({
    buyer: fc.nat(2 * BUYERS),
    units: fc.integer({ min: 1, max: 3 }),
    isFree: fc.boolean(),
  });
  return fc.array(entry, { minLength: 1, maxLength: 5 });
}

function amount(): fc.Arbitrary<AdjustmentAmount> {
  return fc.oneof(
    fc.integer({ min: -20, max: 20 }).map((delta) => ({ delta })),
    fc.integer({ min: 0, max: ON_HAND_MAX + 5 }).map((set) => ({ set })),
  );
}

/** At most two units of each variant; undefined for all units that the command can still take. */
function someUnits(): fc.Arbitrary<Cart | undefined> {
  const few = fc
    .array(fc.nat(2), { minLength: VARIANTS, maxLength: VARIANTS })
    .filter((units) => units.some((count) => count > 0));
  return fc.option(few, { nil: undefined, freq: 2 });
}

function reduction() {
  return fc.record({
    move: fc.constantFrom<ReducingMove[]>('cancel', 'return', 'lose'),
    units: someUnits(),
    isRestocked: fc.boolean(),
  });
}

function plainMove() {
  return fc.constantFrom<PlainMove[]>('confirm', 'expire', 'ship', 'deliver');
}

function moveOrder(pick: number, move: PlainMove): Command {
  return command(`${move} ${pick}`, async (model, { ledger, clock }) => {
    const order = model.orders[pick % Math.max(1, model.orders.length)];
    if (order === undefined) return;
    const expected = model.move(order, move, clock.now());
    const [moved] = await moveOrders(ledger, [{ orderId: order.id, move, actor: 'test' }]);
    expect(moved).toMatchObject({ kind: expected, order: { status: order.status } });
  });
}

function reacquire(pick: number): Command {
  return command(`reacquire ${pick}`, async (model, real) => {
    const order = model.orders[pick % Math.max(1, model.orders.length)];
    if (order === undefined) return;
    const confirm = { move: 'confirm', actor: 'test', isReacquiring: true } as const;
    const [moved] = await moveOrders(real.ledger, [{ orderId: order.id, ...confirm }]);
    const expected = model.reacquire(order, await readExpiry(real));
    expect(moved).toMatchObject({ kind: expected, order: { status: order.status } });
  });
}

function extend(pick: number, extraMs: number): Command {
  return command(`extend ${pick} by ${extraMs} ms`, async (model, { ledger, clock }) => {
    const order = model.orders[pick % Math.max(1, model.orders.length)];
    if (order === undefined) return;
    const expected = extendOrder(order, extraMs, HELD_MS_MAX, clock.now());
    const source = { actor: { kind: 'system', id: 'test' } } as const;
    const extension = { extraMs, heldMsMax: HELD_MS_MAX, actor: 'test', source };
    const extended = await extendReservation(ledger, { orderId: order.id, ...extension });
    const { reservedUntil } = order;
    expect(extended).toMatchObject({ kind: expected, order: { reservedUntil } });
  });
}

function adjust(at: number, amount: AdjustmentAmount): Command {
  return command(`adjust ${at} ${JSON.stringify(amount)}`, async (model, real) => {
    const { ledger, variants } = real;
    const { variantId = '', productId = '' } = variants[at] ?? {};
    const common = { reason: 'count', actor: 'test', onHandMax: ON_HAND_MAX };
    const adjustment = { movementId: newId('mov'), variantId, productId, amount };
    const commands = [{ ...common, ...adjustment }];
    const [adjusted] = await adjustStock(ledger, commands);
    const bounds = { onHandMax: ON_HAND_MAX, ...(await readExpiry(real)) };
    expect(adjusted?.kind).toBe(model.adjust(at, amount, bounds));
    if (adjusted?.kind === 'adjusted') await adjustStock(ledger, commands);
  });
}

function passTime(ms: number): Command {
  return command(`${ms} ms pass`, async (_, { clock }) => clock.advance(ms));
}
