import type fc from 'fast-check';
import { expect } from 'vitest';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { DiscountRecord } from '../../store/collections/discounts.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import {
  type GivenVariant,
  givenCheckouts,
  toPricedLine,
  withDiscounts,
} from '../../testing/builders.ts';
import type { ManualClock } from '../../testing/manual-clock.ts';
import { expireOrders } from '../expire-orders.ts';
import type { LedgerContext } from '../ledger.ts';
import { listDraws } from './draw-model.ts';
import type { Expiry, LedgerModel, ModelLevel } from './ledger-model.ts';
import {
  type Cart,
  type ModelDraw,
  type ModelOrder,
  nothingTaken,
  type Purchase,
} from './order-model.ts';

/** How long a placed order holds its units in these runs, in ms. */
export const TTL_MS = 1_000;
export const VARIANTS = 3;
/** The share of the units on hand that unlisted storefronts may hold. */
export const HELD_SHARE_MAX = 0.29;

/** The ledger on a real database, and what it contains. */
export interface RealLedger {
  readonly ledger: LedgerContext;
  readonly clock: ManualClock;
  readonly variants: readonly GivenVariant[];
  readonly discounts: readonly DiscountRecord[];
}

/** One change, which is made to the model and to the ledger. */
export type Command = fc.AsyncCommand<LedgerModel, RealLedger>;

/** Creates a command, after which counters, uses, orders, draws and lapses must equal the model. */
export function command(
  name: string,
  run: (model: LedgerModel, real: RealLedger) => Promise<void>,
): Command {
  return {
    check: () => true,
    toString: () => name,
    run: async (model, real) => {
      await run(model, real);
      expect(await readLevels(real)).toEqual(model.levels);
      expect(await readUses(real)).toEqual(real.discounts.map((_, at) => model.limits.uses(at)));
      expect(await readOrders(real)).toEqual(listOrders(model));
      expect(await readDraws(real)).toEqual(listDraws(model.draws));
      expect(await readLapses(real)).toEqual(model.lapses.list().toSorted());
    },
  };
}

async function readLevels({ ledger, variants }: RealLedger): Promise<ModelLevel[]> {
  const levels = await ledger.store.stock.find().toArray();
  return variants.map(({ variantId }) => {
    const level = levels.find(({ _id }) => _id === variantId);
    if (level === undefined) throw new Error(`${variantId} has no stock level`);
    const { onHand, reserved, sold, heldByUnlisted = 0 } = level;
    return { onHand, reserved, sold, heldByUnlisted };
  });
}

/** Reads the lapses in a row of each buyer and product, in the form of `LapseModel.list`. */
async function readLapses({ ledger, variants }: RealLedger): Promise<string[]> {
  const products = [...new Set(variants.map(({ productId }) => productId))];
  const rows = await ledger.store.lapsedHolds.find().toArray();
  return rows
    .map(({ _id, productId, count }) => {
      const [, buyerId] = JSON.parse(_id.slice(0, -productId.length)) as string[];
      return `${products.indexOf(productId)} ${buyerId}: ${count}`;
    })
    .toSorted();
}

async function readUses({ ledger, discounts }: RealLedger): Promise<(number | undefined)[]> {
  const stored = await ledger.store.discounts.find().toArray();
  const uses = new Map(stored.map((discount) => [discount._id, discount.uses]));
  return discounts.map(({ _id }) => uses.get(_id));
}

/** Reads the status of each order, and the draw that it belongs to. */
async function readOrders({ ledger }: RealLedger) {
  const orders = await ledger.store.orders
    .find<Pick<OrderRecord, '_id' | 'status' | 'drawId'>>({}, { projection: ORDER_FIELDS })
    .toArray();
  return Object.fromEntries(orders.map(({ _id, status, drawId }) => [_id, { status, drawId }]));
}

const ORDER_FIELDS = { status: 1, drawId: 1 };

function listOrders({ orders }: LedgerModel) {
  return Object.fromEntries(
    orders.map(({ id, status, draw }) => [id, { status, drawId: draw?.id }]),
  );
}

/** Reads the draws, in the form of `listDraws`. */
async function readDraws({ ledger: { store } }: RealLedger): Promise<ReturnType<typeof listDraws>> {
  const draws = await store.draws.find().toArray();
  if (draws.length === 0) return {};
  const entries = await store.checkouts.find({ drawId: { $exists: true } }).toArray();
  const entriesByDraw = Map.groupBy(entries, ({ drawId }) => drawId ?? '');
  return Object.fromEntries(
    draws.map(({ _id, status, held, openOrders, isFinishing = false }) => {
      const outcomes = (entriesByDraw.get(_id) ?? []).map((entry) => {
        return [entry._id, entry.rejection?.code ?? entry.status];
      });
      const fields = { status, held, openOrders, isFinishing };
      return [_id, { ...fields, outcomes: Object.fromEntries(outcomes) }];
    }),
  );
}

/**
 * Accepts a checkout for each purchase; returns the ids of the checkouts in the same order.
 * @param fields further fields of all checkouts
 */
export async function accept(
  real: RealLedger,
  purchases: readonly Purchase[],
  fields: Pick<CheckoutRecord, 'waitUntil'> | undefined = undefined,
) {
  const { ledger, clock, variants } = real;
  const checkouts = purchases.map((purchase) => {
    const { cart: units, buyer, discounts, isFree = false, isUnlisted = false } = purchase;
    const lines = variants.flatMap((variant, at) => {
      const quantity = units[at] ?? 0;
      return quantity > 0 ? [toPricedLine(variant, quantity)] : [];
    });
    const [storefrontId = ''] = lines.map(({ shopId }) => shopId);
    const share = { shopId: storefrontId, heldShareMax: HELD_SHARE_MAX };
    const common = {
      ...{ receivedAt: clock.now(), storefrontId, buyerId: `b${buyer}`, ...fields },
      ...(isUnlisted && { heldShares: [share] }),
    };
    if (isFree) {
      const free = lines.map((line) => ({ ...line, unitPrice: 0 }));
      return { ...common, lines: free, confirmFreeOf: [storefrontId] };
    }
    const used = discounts.flatMap((at) => real.discounts[at] ?? []);
    const discounted = used.length === 0 ? { lines } : withDiscounts(lines, used, `b/${buyer}`);
    return { ...common, ...discounted };
  });
  return (await givenCheckouts(ledger.store, checkouts)).map(({ _id }) => _id);
}

/** Reads which orders the ledger has expired. */
export async function readExpiry({ ledger, clock }: RealLedger): Promise<Expiry> {
  const expired = await ledger.store.orders
    .find<{ readonly _id: string }>({ status: 'expired' }, { projection: { _id: 1 } })
    .toArray();
  return { now: clock.now(), expired: new Set(expired.map(({ _id }) => _id)) };
}

/**
 * Expires the lapsed orders in the ledger and in the model, so that a race does not depend on which
 * checkout finds them first.
 */
export async function sweep(
  model: LedgerModel,
  { ledger, clock, variants }: RealLedger,
): Promise<void> {
  const lapsed = model.listLapsed(clock.now());
  const productIds = variants.map(({ productId }) => productId);
  for (const order of lapsed) model.move(order, 'expire', clock.now());
  await expireOrders(
    ledger,
    lapsed.map(({ id: _id }) => ({ _id, lineCount: VARIANTS, productIds })),
  );
}

/**
 * Adds a settled checkout to the model, and its order if it was placed.
 * @param draw the draw that placed the order, if one did
 */
export function addSettled(
  model: LedgerModel,
  { clock }: RealLedger,
  purchase: Purchase,
  settled: { checkoutId: string; status: string; orderIds: readonly string[] },
  draw?: ModelDraw,
): void {
  model.settled.push({ id: settled.checkoutId, status: settled.status });
  const [id] = settled.orderIds;
  if (id === undefined) return;
  const placedAt = clock.now();
  const reservedUntil = new Date(placedAt.getTime() + TTL_MS);
  const common = { id, placedAt, reservedUntil, taken: nothingTaken(purchase.cart) };
  const order: ModelOrder = { ...purchase, ...common, status: 'pending', draw };
  model.orders.push(order);
}

/** Confirms the free orders of a batch in the model, once the whole batch is decided. */
export function confirmFree(model: LedgerModel, { clock }: RealLedger): void {
  for (const order of model.orders) {
    if (order.isFree === true && order.status === 'pending') {
      model.move(order, 'confirm', clock.now());
    }
  }
}

/** Returns a cart with one unit of one variant. */
export function toSingleUnit(at: number): Cart {
  return Array.from({ length: VARIANTS }, (_, index) => (index === at ? 1 : 0));
}
