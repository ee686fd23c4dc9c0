import { afterEach, expect, test } from 'vitest';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import { StaleReadError } from '../store/transaction.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { rawCollection } from '../testing/raw-collection.ts';
import { clearStore, openTestStore } from '../testing/test-store.ts';
import { takeVerdict } from './judging/verdict.ts';
import {
  buy,
  readStatuses,
  restock,
  settle,
  toWait,
  toWaitInRounds,
} from './testing/given-waiting.ts';

const store = await openTestStore(testNamespace());
const ledger = givenLedger(store);
const soldOut = { onHand: 0 };

afterEach(() => clearStore(store));

/** Stores checkouts that wait for each of the variants, without settling them. */
async function givenWaiting(
  variants: readonly GivenVariant[],
  count: number,
): Promise<CheckoutRecord[]> {
  const waiting: CheckoutRecord[] = [];
  for (const variant of variants) {
    const version = (await store.stock.findOne({ _id: variant.variantId }))?.version ?? 0;
    const shortage = {
      ...({ code: 'out_of_stock', variantId: variant.variantId, requested: 1 } as const),
      ...{ available: 0, version },
    };
    const specs = Array.from({ length: count }, () => ({
      ...toWait(variant),
      ...{ status: 'waiting' as const, waitingSince: new Date(), waits: 1, shortage },
    }));
    waiting.push(...(await givenCheckouts(store, specs)));
  }
  await rawCollection(store, 'waits').updateMany({}, { $set: { isWaiting: true } });
  const ids = variants.map(({ variantId }) => variantId);
  await rawCollection(store, 'stock').updateMany({ _id: { $in: ids } }, { $set: { waits: count } });
  return waiting;
}

test('a newcomer is served last, even if more checkouts wait than one transaction serves', async () => {
  const [variant] = await givenVariants(store, [soldOut]);
  const waiting = await givenCheckouts(
    store,
    Array.from({ length: 300 }, () => toWait(variant)),
  );
  await settle(ledger, waiting);
  await restock(ledger, variant, 300);
  const newcomers = await givenCheckouts(store, [buy(variant), buy(variant)]);
  expect(await settle(ledger, newcomers)).toEqual(['rejected', 'rejected']);
  expect(new Set(await readStatuses(store, waiting))).toEqual(new Set(['placed']));
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true, inversions: 0 });
});

test('newcomers for many variants are served after the waiting checkouts of each variant', async () => {
  const variants = await givenVariants(
    store,
    Array.from({ length: 45 }, () => soldOut),
  );
  const waiting = await givenWaiting(variants, 257);
  for (const variant of variants) await restock(ledger, variant, 1);
  const specs = variants.map((variant) => buy(variant));
  const newcomers = await givenCheckouts(store, specs);
  expect(new Set(await settle(ledger, newcomers))).toEqual(new Set(['rejected']));
  const statuses = await readStatuses(store, waiting);
  expect(statuses).toEqual(waiting.map((_, n) => (n % 257 === 0 ? 'placed' : 'waiting')));
  const verdict = await takeVerdict(store, { drained: true });
  expect(verdict).toMatchObject({ ok: true, undersold: 0, inversions: 0, waiting: 45 * 256 });
  expect(await store.stock.countDocuments({ freedAt: { $exists: true } })).toBe(0);
});

test('newcomers are decided even if equally many waiting checkouts are served before them', async () => {
  const [variant] = await givenVariants(store, [soldOut]);
  await settle(ledger, await givenCheckouts(store, [toWait(variant), toWait(variant)]));
  await restock(ledger, variant, 1);
  expect(await settle(ledger, await givenCheckouts(store, [buy(variant)]))).toEqual(['rejected']);
});

test('many waiting checkouts that lack units of another variant do not hide a checkout that can be served', async () => {
  const [wanted, missing, other] = await givenVariants(store, [soldOut, soldOut, soldOut]);
  const both = { ...toWait(wanted), lines: [toPricedLine(wanted), toPricedLine(missing)] };
  const unfitting = Array.from({ length: 600 }, (_, n) => ({ ...both, buyerId: `unfitting-${n}` }));
  await settle(ledger, await givenCheckouts(store, unfitting));
  const fitting = await givenCheckouts(store, [toWait(wanted), toWait(other), toWait(wanted)]);
  expect(await settle(ledger, fitting)).toEqual(['waiting', 'waiting', 'waiting']);
  await restock(ledger, wanted, 2);
  await restock(ledger, other, 1);
  // One transaction serves both variants, because the checkouts that wait for the first variant
  // leave room for the second.
  const newcomers = await givenCheckouts(store, [buy(wanted), buy(other)]);
  expect(await settle(ledger, newcomers)).toEqual(['rejected', 'rejected']);
  expect(await readStatuses(store, fitting)).toEqual(['placed', 'placed', 'placed']);
  const verdict = await takeVerdict(store, { drained: true });
  expect(verdict).toMatchObject({ ok: true, undersold: 0, inversions: 0, waiting: 600 });
});

test('many checkouts that wait for two variants are served after one that has waited longer for the second', async () => {
  const [shirt, lamp] = await givenVariants(store, [soldOut, soldOut]);
  const both = { ...toWait(shirt), lines: [toPricedLine(shirt), toPricedLine(lamp)] };
  const later = Array.from({ length: 300 }, (_, n) => ({ ...both, buyerId: `both-${n}` }));
  const waiting = await givenCheckouts(store, [toWait(lamp), ...later]);
  await settle(ledger, waiting);
  await restock(ledger, shirt, 300);
  await restock(ledger, lamp, 300);
  expect(await settle(ledger, await givenCheckouts(store, [buy(shirt)]))).toEqual(['placed']);
  const statuses = await readStatuses(store, waiting);
  expect(statuses).toEqual(waiting.map((_, n) => (n < 300 ? 'placed' : 'waiting')));
  const verdict = await takeVerdict(store, { drained: true });
  expect(verdict).toMatchObject({ ok: true, undersold: 0, inversions: 0, waiting: 1 });
});

/**
 * Stores a checkout that waits for a shirt and a lamp, of which units are free. It is not served in
 * the first transaction, because more checkouts have waited longer for the lamp than one
 * transaction serves.
 */
async function givenLeftOut() {
  const [shirt, lamp, plate] = await givenVariants(store, [soldOut, soldOut, soldOut]);
  const pair = { ...toWait(lamp), lines: [toPricedLine(lamp), toPricedLine(plate)] };
  const earlier = Array.from({ length: 300 }, (_, n) => ({ ...pair, buyerId: `pair-${n}` }));
  const both = { ...toWait(shirt), lines: [toPricedLine(shirt), toPricedLine(lamp)] };
  const waiting = await givenCheckouts(store, [...earlier, both]);
  await settle(ledger, waiting);
  await restock(ledger, shirt, 2);
  await restock(ledger, lamp, 600);
  await restock(ledger, plate, 300);
  return { shirt, leftOut: waiting.slice(-1) };
}

test('no newcomer takes units of a checkout that another of its variants postpones', async () => {
  const { shirt, leftOut } = await givenLeftOut();
  const newcomers = await givenCheckouts(store, [buy(shirt), buy(shirt)]);
  expect(await settle(ledger, newcomers)).toEqual(['placed', 'rejected']);
  expect(await readStatuses(store, leftOut)).toEqual(['placed']);
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true, inversions: 0 });
});

test('units stay marked as freed until all waiting checkouts that fit are decided', async () => {
  const { shirt, leftOut } = await givenLeftOut();
  const onServed = () => {
    throw new StaleReadError('the process ends after its first transaction: a checkout');
  };
  const newcomers = await givenCheckouts(store, [buy(shirt)]);
  await expect(settle({ ...ledger, onServed }, newcomers)).rejects.toThrow('the process ends');
  expect(await readStatuses(store, leftOut)).toEqual(['waiting']);
  expect(await store.stock.findOne({ _id: shirt.variantId })).toHaveProperty('freedAt');
  expect(await settle(ledger, newcomers)).toEqual(['placed']);
  expect(await readStatuses(store, leftOut)).toEqual(['placed']);
  expect(await store.stock.findOne({ _id: shirt.variantId })).not.toHaveProperty('freedAt');
});

test('a newcomer overtakes no one, however many transactions serve waiting checkouts before it', async () => {
  const ROUNDS = 45;
  const [variant, other] = await givenVariants(store, [soldOut, { onHand: 1 }]);
  const waiting = await givenCheckouts(store, toWaitInRounds(variant, ROUNDS));
  await settle(ledger, waiting);
  await restock(ledger, variant, ROUNDS);
  const newcomers = await givenCheckouts(store, [buy(variant), buy(other)]);
  // One call serves a bounded number of waiting checkouts. A newcomer that it could not decide
  // stays queued.
  expect(await settle(ledger, newcomers)).toEqual(['queued', 'placed']);
  // More if the answer to a commit was lost: the next try then serves another one.
  expect(await store.orders.countDocuments()).toBeGreaterThanOrEqual(40 + 1);
  expect(await settle(ledger, newcomers)).toEqual(['rejected', 'placed']);
  const isServed = ({ lines }: CheckoutRecord) => lines[0]?.quantity === 1;
  expect(await readStatuses(store, waiting)).toEqual(
    waiting.map((checkout) => (isServed(checkout) ? 'placed' : 'waiting')),
  );
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true, inversions: 0 });
});
