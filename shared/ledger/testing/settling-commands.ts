import { expect } from 'vitest';
import { tryAgain } from '../../testing/try-again.ts';
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
import type { Purchase } from './order-model.ts';

/** A batch is settled, its checkouts each named twice. */
export function settleBatch(purchases: readonly Purchase[]): Command {
  return command(`settle ${JSON.stringify(purchases)}`, async (model, real) => {
    const ids = await accept(real, purchases);
    const twice = [...ids, ...ids];
    const settled = (await settleCheckouts(real.ledger, twice)).slice(0, ids.length);
    model.expireFor(purchases, await readExpiry(real));
    settled.forEach((each, index) => {
      const wanted = purchases[index];
      if (wanted === undefined) throw new RangeError('settled a checkout that was not submitted');
      expect(each.rejection?.code).toBe(model.reserve(wanted));
      noteSettled(model, real, wanted, each);
    });
    confirmFree(model, real);
  });
}

/** Settled checkouts are settled again. */
export function settleAgain(pick: number): Command {
  return command(`settle again ${pick}`, async (model, { ledger }) => {
    const earlier = model.settled[pick % Math.max(1, model.settled.length)];
    if (earlier === undefined) return;
    const [again] = await settleCheckouts(ledger, [earlier.id]);
    expect(again).toMatchObject({ checkoutId: earlier.id, status: earlier.status });
  });
}

/**
 * Some are withdrawn, twice, before all of them are settled: the withdrawn ones do not delay the
 * others.
 */
export function withdrawAmong(wanted: readonly (readonly [Purchase, boolean])[]): Command {
  return command(`withdraw among ${JSON.stringify(wanted)}`, async (model, real) => {
    const ids = await accept(
      real,
      wanted.map(([each]) => each),
    );
    const withdrawn = ids.filter((_, index) => wanted[index]?.[1]);
    for (const kind of ['withdrawn', 'unchanged']) {
      const results = await withdrawCheckouts(real.ledger, withdrawn);
      expect(results.map((each) => each.kind)).toEqual(withdrawn.map(() => kind));
    }
    const settled = await settleCheckouts(real.ledger, ids);
    const left = wanted.flatMap(([each, isWithdrawn]) => (isWithdrawn ? [] : [each]));
    model.expireFor(left, await readExpiry(real));
    settled.forEach((each, index) => {
      const [purchased, isWithdrawn] = wanted[index] ?? [];
      if (purchased === undefined)
        throw new RangeError('settled a checkout that was not submitted');
      const refusal = isWithdrawn ? 'withdrawn' : model.reserve(purchased);
      expect(each.rejection?.code).toBe(refusal);
      noteSettled(model, real, purchased, each);
    });
    confirmFree(model, real);
    const kept = ids.filter((id) => !withdrawn.includes(id));
    for (const { kind } of await withdrawCheckouts(real.ledger, kept)) expect(kind).toBe('settled');
  });
}

/**
 * Each is settled and withdrawn at the same time: one of the two happens, and both return the same
 * outcome.
 */
export function raceForUnits(at: number, buyers: number): Command {
  return command(`withdraw ${buyers} while settling ${at}`, async (model, real) => {
    await sweep(model, real);
    const wanted = { cart: oneOf(at), buyer: 0, discounts: [] };
    const ids = await accept(
      real,
      Array.from({ length: buyers }, () => wanted),
    );
    const [settled, withdrawals] = await Promise.all([
      tryAgain(() => settleCheckouts(real.ledger, ids)),
      Promise.all(ids.map((id) => tryAgain(() => withdrawOne(real, id)))),
    ]);
    settled.forEach((each, index) => {
      const isOut = each.rejection?.code === 'withdrawn';
      expect(withdrawals[index]?.kind).toBe(isOut ? 'withdrawn' : 'settled');
      if (!isOut) expect(each.rejection?.code).toBe(model.reserve(wanted));
      noteSettled(model, real, wanted, each);
    });
  });
}

async function withdrawOne({ ledger }: RealLedger, id: string) {
  return (await withdrawCheckouts(ledger, [id]))[0];
}

/** Settles each alone and all at the same time, without locks: on a busy machine they conflict for long. */
function settleEach({ ledger }: RealLedger, ids: readonly string[]) {
  return Promise.all(ids.map((id) => tryAgain(() => settleCheckouts(ledger, [id]))));
}

/**
 * Checkouts of one unit each, all concurrent: as many are served as units and limits allow, and for
 * an unlisted storefront its share.
 */
export function race(at: number, buyers: number, isUnlisted: boolean): Command {
  return command(
    `race ${buyers} for ${at}${isUnlisted ? ', unlisted' : ''}`,
    async (model, real) => {
      await sweep(model, real);
      const wanted = { cart: oneOf(at), buyer: 0, discounts: [], isUnlisted };
      const share = isUnlisted ? model.holdable(at) : buyers;
      const allowance = Math.max(0, model.limits.allowance(at, 0));
      const isBehind = model.isBehind(wanted);
      const served = isBehind ? 0 : Math.min(buyers, model.available(at), allowance, share);
      const ids = await accept(
        real,
        Array.from({ length: buyers }, () => wanted),
      );
      const settled = await settleEach(real, ids);
      for (const each of settled.flat()) {
        if (each.status === 'placed') model.reserve(wanted);
        noteSettled(model, real, wanted, each);
      }
      expect(settled.flat().filter((each) => each.status === 'placed')).toHaveLength(served);
    },
  );
}

/**
 * Checkouts of one buyer with one code, all concurrent: as many are served as limits and units
 * allow.
 */
export function raceForCode(discount: number, times: number): Command {
  return command(`race ${times} for code ${discount}`, async (model, real) => {
    await sweep(model, real);
    const wanted = { cart: oneOf(0), buyer: 0, discounts: [discount] };
    const ids = await accept(
      real,
      Array.from({ length: times }, () => wanted),
    );
    const settled = await settleEach(real, ids);
    const placed = settled.flat().filter((each) => each.status === 'placed');
    for (const each of placed) {
      expect(model.reserve(wanted)).toBeUndefined();
      noteSettled(model, real, wanted, each);
    }
    if (placed.length < times) expect(model.reserve(wanted)).toBeDefined();
  });
}
