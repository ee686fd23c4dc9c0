import { afterEach, expect, test } from 'vitest';
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
import { findUnawaited } from './settling/find-unawaited.ts';
import { buy, readStatuses, restock, settle, toWait } from './testing/given-waiting.ts';

/** More variants than one transaction reads one at a time. */
const VARIANTS = 70;
const soldOut = { onHand: 0 };

const store = await openTestStore(testNamespace());
const ledger = givenLedger(store);

afterEach(() => clearStore(store));

/** Stores checkouts that wait although their first variant is in stock: they lack the second. */
async function givenUnfit(variants: readonly GivenVariant[], missing: GivenVariant, each: number) {
  const shortage = {
    ...({ code: 'out_of_stock', variantId: missing.variantId, requested: 1 } as const),
    ...{ available: 0, version: 1 },
  };
  const specs = variants.flatMap((variant) =>
    Array.from({ length: each }, () => ({
      ...toWait(variant),
      lines: [toPricedLine(variant), toPricedLine(missing)],
      ...{ status: 'waiting' as const, waitingSince: new Date(), waits: 1, shortage },
    })),
  );
  await givenCheckouts(store, specs);
  await rawCollection(store, 'waits').updateMany({}, { $set: { isWaiting: true } });
  await rawCollection(store, 'stock').updateMany({}, { $set: { waits: 1 } });
}

/** The variants, of which the last is sold out, and one more that is sold out. */
async function givenMany() {
  const inStock = Array.from({ length: VARIANTS - 1 }, () => ({ onHand: 1 }));
  const [missing, ...variants] = await givenVariants(store, [soldOut, ...inStock, soldOut]);
  const last = variants.at(-1);
  if (last === undefined) throw new Error('no variants');
  return { missing, variants, last };
}

test.each([
  ['few', 1],
  ['more than one transaction reads for many variants', 30],
])('a waiting checkout that fits is found behind others that do not: %s', async (_, each) => {
  const { missing, variants, last } = await givenMany();
  await givenUnfit(variants, missing, each);
  const fitting = await givenCheckouts(store, [toWait(last)]);
  expect(await settle(ledger, fitting)).toEqual(['waiting']);
  await restock(ledger, last, 1);
  const newcomers = await givenCheckouts(
    store,
    variants.map((variant) => buy(variant)),
  );
  const statuses = await settle(ledger, newcomers);
  expect(statuses).toEqual(variants.map((variant) => (variant === last ? 'rejected' : 'placed')));
  expect(await readStatuses(store, fitting)).toEqual(['placed']);
  expect(await store.stock.countDocuments({ freedAt: { $exists: true } })).toBe(0);
  const verdict = await takeVerdict(store, { drained: true });
  expect(verdict).toMatchObject({ ok: true, undersold: 0, inversions: 0 });
});

test('waiting checkouts of more variants than one transaction serves all come before newcomers', async () => {
  const variants = await givenVariants(
    store,
    Array.from({ length: VARIANTS }, () => soldOut),
  );
  const waiting = await givenCheckouts(
    store,
    variants.map((variant) => toWait(variant)),
  );
  await settle(ledger, waiting);
  for (const variant of variants) await restock(ledger, variant, 1);
  const newcomers = await givenCheckouts(
    store,
    variants.map((variant) => buy(variant)),
  );
  expect(new Set(await settle(ledger, newcomers))).toEqual(new Set(['rejected']));
  expect(new Set(await readStatuses(store, waiting))).toEqual(new Set(['placed']));
  expect(await store.stock.countDocuments({ waits: { $exists: true } })).toBe(0);
});

test('the variants for which no other checkout waits are found however many wait for the others', async () => {
  const [many, one, none, left] = await givenVariants(store, [soldOut, soldOut, soldOut, soldOut]);
  const specs = [...Array.from({ length: 9 }, () => toWait(many)), toWait(one), toWait(left)];
  const waiting = await givenCheckouts(store, specs);
  await settle(ledger, waiting);
  const ids = [many, one, none, left].map(({ variantId }) => variantId);
  const leaving = waiting.slice(-1).map(({ _id }) => _id);
  const unawaited = await findUnawaited(store, undefined, ids, leaving);
  expect(unawaited).toEqual(new Set([none.variantId, left.variantId]));
});
