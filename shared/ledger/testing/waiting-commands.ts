import { expect } from 'vitest';
import { shopParts } from '../../domain/lines.ts';
import { newId, toOrderId } from '../../runtime/ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import { adjustStock } from '../adjust-stock.ts';
import { settleCheckouts } from '../settle-checkouts.ts';
import { withdrawCheckouts } from '../withdraw-checkout.ts';
import {
  accept,
  addSettled,
  type Command,
  command,
  confirmFree,
  type RealLedger,
  readExpiry,
  sweep,
  toSingleUnit,
} from './ledger-command.ts';
import type { LedgerModel } from './ledger-model.ts';
import type { Purchase } from './order-model.ts';

const WAIT_MS = 3_600_000;

/** A checkout that waits, with its purchase. */
interface WaitingCheckout {
  /** Whether all other checkouts are served before it. */
  readonly isBehind: boolean;
  readonly id: string;
  readonly purchase: Purchase;
}

/** A delivery of units. */
interface Delivery {
  /** The index of the variant. */
  readonly at: number;
  readonly units: number;
  /** The maximum number of units on hand of a variant. */
  readonly onHandMax: number;
}

/**
 * Settles checkouts that may wait, and expects them to wait if units are short. Delivers units,
 * which must go to them in order and before a newcomer; buyers who let too many holds lapse are
 * served last. Finally withdraws the checkouts that still wait.
 */
export function waitForUnits(wanted: readonly Purchase[], delivery: Delivery): Command {
  const { at, units } = delivery;
  return command(`wait ${JSON.stringify(wanted)} for ${units} of ${at}`, async (model, real) => {
    const waiting = await beginWaiting(model, real, wanted);
    await deliver(model, real, delivery);
    await sweep(model, real);
    const newcomer = { cart: toSingleUnit(at), buyer: 0, discounts: [] };
    const [settled] = await settleCheckouts(real.ledger, await accept(real, [newcomer]));
    const stillWaiting: WaitingCheckout[] = [];
    const check = async (checkout: WaitingCheckout) => {
      const { id, purchase } = checkout;
      const isConcerned = (purchase.cart[at] ?? 0) > 0;
      const refusal = isConcerned ? model.reserve(purchase, true) : 'out_of_stock';
      const record = await real.ledger.store.checkouts.findOne<CheckoutRecord>({ _id: id });
      if (refusal === 'out_of_stock') {
        expect(record?.status).toBe('waiting');
        stillWaiting.push(checkout);
        return;
      }
      expect(record?.rejection?.code).toBe(refusal);
      if (record !== null) addSettled(model, real, purchase, toSettled(record));
    };
    for (const checkout of waiting) if (!checkout.isBehind) await check(checkout);
    if (settled === undefined) throw new RangeError('the newcomer was not settled');
    expect(settled.rejection?.code).toBe(model.reserve(newcomer));
    addSettled(model, real, newcomer, settled);
    for (const checkout of waiting) if (checkout.isBehind) await check(checkout);
    confirmFree(model, real);
    await withdrawAll(real, stillWaiting);
  });
}

async function beginWaiting(
  model: LedgerModel,
  real: RealLedger,
  purchases: readonly Purchase[],
): Promise<WaitingCheckout[]> {
  const waitUntil = new Date(real.clock.now().getTime() + WAIT_MS);
  const ids = await accept(real, purchases, { waitUntil });
  const settled = await settleCheckouts(real.ledger, ids);
  model.expireFor(purchases, await readExpiry(real), true);
  const withOutcomes = purchases.map((purchase, index) => ({
    ...purchase,
    outcome: settled[index],
  }));
  const waiting: WaitingCheckout[] = [];
  for (const { outcome, ...purchase } of model.inTurn(withOutcomes)) {
    if (outcome === undefined) throw new RangeError('a checkout was not settled');
    const isBehind = model.isBehind(purchase);
    const refusal = model.reserve(purchase, true);
    if (refusal === 'out_of_stock') {
      expect(outcome.status).toBe('waiting');
      waiting.push({ id: outcome.checkoutId, purchase, isBehind });
      continue;
    }
    expect(outcome.rejection?.code).toBe(refusal);
    addSettled(model, real, purchase, outcome);
  }
  confirmFree(model, real);
  return waiting;
}

async function deliver(
  model: LedgerModel,
  real: RealLedger,
  { at, units, onHandMax }: Delivery,
): Promise<void> {
  const { ledger, variants } = real;
  const { variantId = '', productId = '' } = variants[at] ?? {};
  const amount = { delta: units };
  const common = { reason: 'delivery', actor: 'test', onHandMax };
  const [result] = await adjustStock(ledger, [
    { movementId: newId('mov'), variantId, productId, amount, ...common },
  ]);
  const bounds = { onHandMax, ...(await readExpiry(real)) };
  expect(result?.kind).toBe(model.adjust(at, amount, bounds));
}

async function withdrawAll(
  { ledger }: RealLedger,
  waiting: readonly WaitingCheckout[],
): Promise<void> {
  const results = await withdrawCheckouts(
    ledger,
    waiting.map(({ id }) => id),
  );
  expect(results.map(({ kind }) => kind)).toEqual(waiting.map(() => 'withdrawn'));
}

function toSettled({ _id: checkoutId, status, lines }: CheckoutRecord) {
  const orderIds =
    status === 'placed' ? shopParts(lines).map(({ shopId }) => toOrderId(checkoutId, shopId)) : [];
  return { checkoutId, status, orderIds };
}
