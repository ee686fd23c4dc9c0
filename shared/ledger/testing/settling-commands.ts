import { expect } from 'vitest';
import { tryAgain } from '../../testing/try-again.ts';
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
import type { Purchase } from './order-model.ts';

/** Settles a batch that contains each checkout twice. */
export function settleBatch(purchases: readonly Purchase[]): Command {
  return command(`settle ${JSON.stringify(purchases)}`, async (model, real) => {
    const ids = await accept(real, purchases);
    const twice = [...ids, ...ids];
    const settled = (await settleCheckouts(real.ledger, twice)).slice(0, ids.length);
    model.expireFor(purchases, await readExpiry(real));
    settled.forEach((checkout, index) => {
      const purchase = purchases[index];
      if (purchase === undefined) throw new RangeError('settled a checkout that was not submitted');
      expect(checkout.rejection?.code).toBe(model.reserve(purchase));
      addSettled(model, real, purchase, checkout);
    });
    confirmFree(model, real);
  });
}

/** Settles a settled checkout again. */
export function settleAgain(pick: number): Command {
  return command(`settle again ${pick}`, async (model, { ledger }) => {
    const earlier = model.settled[pick % Math.max(1, model.settled.length)];
    if (earlier === undefined) return;
    const [again] = await settleCheckouts(ledger, [earlier.id]);
    expect(again).toMatchObject({ checkoutId: earlier.id, status: earlier.status });
  });
}

/**
 * Withdraws some of the checkouts, twice, and then settles all of them. The withdrawn checkouts
 * keep their outcome.
 */
export function withdrawAmong(wanted: readonly (readonly [Purchase, boolean])[]): Command {
  return command(`withdraw among ${JSON.stringify(wanted)}`, async (model, real) => {
    const ids = await accept(
      real,
      wanted.map(([purchase]) => purchase),
    );
    const withdrawn = ids.filter((_, index) => wanted[index]?.[1]);
    for (const kind of ['withdrawn', 'unchanged']) {
      const results = await withdrawCheckouts(real.ledger, withdrawn);
      expect(results.map((result) => result.kind)).toEqual(withdrawn.map(() => kind));
    }
    const settled = await settleCheckouts(real.ledger, ids);
    const remaining = wanted.flatMap(([purchase, isWithdrawn]) => (isWithdrawn ? [] : [purchase]));
    model.expireFor(remaining, await readExpiry(real));
    settled.forEach((checkout, index) => {
      const [purchase, isWithdrawn] = wanted[index] ?? [];
      if (purchase === undefined) throw new RangeError('settled a checkout that was not submitted');
      const refusal = isWithdrawn ? 'withdrawn' : model.reserve(purchase);
      expect(checkout.rejection?.code).toBe(refusal);
      addSettled(model, real, purchase, checkout);
    });
    confirmFree(model, real);
    const kept = ids.filter((id) => !withdrawn.includes(id));
    for (const { kind } of await withdrawCheckouts(real.ledger, kept)) expect(kind).toBe('settled');
  });
}

/**
 * Settles and withdraws each checkout at the same time: one of the two happens, and both calls
 * return the same outcome.
 */
export function withdrawWhileSettling(at: number, buyers: number): Command {
  return command(`withdraw ${buyers} while settling ${at}`, async (model, real) => {
    await sweep(model, real);
    const wanted = { cart: toSingleUnit(at), buyer: 0, discounts: [] };
    const ids = await accept(
      real,
      Array.from({ length: buyers }, () => wanted),
    );
    const [settled, withdrawals] = await Promise.all([
      tryAgain(() => settleCheckouts(real.ledger, ids)),
      Promise.all(ids.map((id) => tryAgain(() => withdrawOne(real, id)))),
    ]);
    settled.forEach((checkout, index) => {
      const isWithdrawn = checkout.rejection?.code === 'withdrawn';
      expect(withdrawals[index]?.kind).toBe(isWithdrawn ? 'withdrawn' : 'settled');
      if (!isWithdrawn) expect(checkout.rejection?.code).toBe(model.reserve(wanted));
      addSettled(model, real, wanted, checkout);
    });
  });
}

async function withdrawOne({ ledger }: RealLedger, id: string) {
  return (await withdrawCheckouts(ledger, [id]))[0];
}

/**
 * Settles each checkout alone, all at the same time and without locks. On a busy machine they
 * conflict for long, so each of them is tried again.
 */
function settleEach({ ledger }: RealLedger, ids: readonly string[]) {
  return Promise.all(ids.map((id) => tryAgain(() => settleCheckouts(ledger, [id]))));
}

/**
 * Settles concurrent checkouts of one unit each: as many are placed as units and limits allow, and
 * for an unlisted storefront also the share of such storefronts.
 */
export function raceForUnits(at: number, buyers: number, isUnlisted: boolean): Command {
  return command(
    `race ${buyers} for ${at}${isUnlisted ? ', unlisted' : ''}`,
    async (model, real) => {
      await sweep(model, real);
      const wanted = { cart: toSingleUnit(at), buyer: 0, discounts: [], isUnlisted };
      const share = isUnlisted ? model.holdable(at) : buyers;
      const allowance = Math.max(0, model.limits.allowance(at, 0));
      const isBehind = model.isBehind(wanted);
      const placeable = isBehind ? 0 : Math.min(buyers, model.available(at), allowance, share);
      const ids = await accept(
        real,
        Array.from({ length: buyers }, () => wanted),
      );
      const settled = await settleEach(real, ids);
      for (const checkout of settled.flat()) {
        if (checkout.status === 'placed') model.reserve(wanted);
        addSettled(model, real, wanted, checkout);
      }
      const placed = settled.flat().filter(({ status }) => status === 'placed');
      expect(placed).toHaveLength(placeable);
    },
  );
}

/**
 * Settles concurrent checkouts of one buyer with one code: as many are placed as limits and units
 * allow.
 */
export function raceForCode(discount: number, times: number): Command {
  return command(`race ${times} for code ${discount}`, async (model, real) => {
    await sweep(model, real);
    const wanted = { cart: toSingleUnit(0), buyer: 0, discounts: [discount] };
    const ids = await accept(
      real,
      Array.from({ length: times }, () => wanted),
    );
    const settled = await settleEach(real, ids);
    const placed = settled.flat().filter(({ status }) => status === 'placed');
    for (const checkout of placed) {
      expect(model.reserve(wanted)).toBeUndefined();
      addSettled(model, real, wanted, checkout);
    }
    if (placed.length < times) expect(model.reserve(wanted)).toBeDefined();
  });
}
