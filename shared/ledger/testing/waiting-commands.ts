import { expect } from 'vitest';
import { shopParts } from '../../domain/lines.ts';
import { newId, toOrderId } from '../../runtime/ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import { adjustStock } from '../adjust-stock.ts';
import { settleCheckouts } from '../settle-checkouts.ts';
import { withdrawCheckouts } from '../withdraw-checkout.ts';
import {
  accept,
  type Command,
  command,
  confirmFree,
  noteSettled,
  oneOf,
  type RealLedger,
  readExpiry,
  sweep,
} from './ledger-command.ts';
import type { LedgerModel } from './ledger-model.ts';
import type { Purchase } from './order-model.ts';

const WAIT_MS = 3_600_000;

/** A checkout that waits, with its wish. */
interface Waiting {
  /** Whether all others come before it. */
  readonly isBehind: boolean;
  readonly id: string;
  readonly wanted: Purchase;
}

/** Where units are delivered, and the most that a variant may have. */
interface Delivery {
  readonly at: number;
  readonly units: number;
  readonly onHandMax: number;
}

/**
 * Some checkouts may wait, and do so if units are short. Delivered units then go to them, in their
 * order, before a newcomer; buyers that let too many holds lapse come last. Finally those that
 * still wait are withdrawn.
 */
export function waitForUnits(wanted: readonly Purchase[], delivery: Delivery): Command {
  const { at, units } = delivery;
  return command(`wait ${JSON.stringify(wanted)} for ${units} of ${at}`, async (model, real) => {
    const waiting = await beginWaiting(model, real, wanted);
    await deliver(model, real, delivery);
    await sweep(model, real);
    const newcomer = { cart: oneOf(at), buyer: 0, discounts: [] };
    const [settled] = await settleCheckouts(real.ledger, await accept(real, [newcomer]));
    const left: Waiting[] = [];
    const check = async (each: Waiting) => {
      const isConcerned = (each.wanted.cart[at] ?? 0) > 0;
      const refusal = isConcerned ? model.reserve(each.wanted, true) : 'out_of_stock';
      const record = await real.ledger.store.checkouts.findOne<CheckoutRecord>({ _id: each.id });
      if (refusal === 'out_of_stock') {
        expect(record?.status).toBe('waiting');
        left.push(each);
        return;
      }
      expect(record?.rejection?.code).toBe(refusal);
      if (record !== null) noteSettled(model, real, each.wanted, toSettled(record));
    };
    for (const each of waiting) if (!each.isBehind) await check(each);
    if (settled === undefined) throw new RangeError('the newcomer was not settled');
    expect(settled.rejection?.code).toBe(model.reserve(newcomer));
    noteSettled(model, real, newcomer, settled);
    for (const each of waiting) if (each.isBehind) await check(each);
    confirmFree(model, real);
    await withdrawAll(real, left);
  });
}

async function beginWaiting(
  model: LedgerModel,
  real: RealLedger,
  wanted: readonly Purchase[],
): Promise<Waiting[]> {
  const waitUntil = new Date(real.clock.now().getTime() + WAIT_MS);
  const ids = await accept(real, wanted, { waitUntil });
  const settled = await settleCheckouts(real.ledger, ids);
  model.expireFor(wanted, await readExpiry(real), true);
  const asked = wanted.map((purchase, index) => ({ ...purchase, outcome: settled[index] }));
  const waiting: Waiting[] = [];
  for (const { outcome: each, ...purchase } of model.inTurn(asked)) {
    if (each === undefined) throw new RangeError('a checkout was not settled');
    const isBehind = model.isBehind(purchase);
    const refusal = model.reserve(purchase, true);
    if (refusal === 'out_of_stock') {
      expect(each.status).toBe('waiting');
      waiting.push({ id: each.checkoutId, wanted: purchase, isBehind });
      continue;
    }
    expect(each.rejection?.code).toBe(refusal);
    noteSettled(model, real, purchase, each);
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

async function withdrawAll({ ledger }: RealLedger, waiting: readonly Waiting[]): Promise<void> {
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
