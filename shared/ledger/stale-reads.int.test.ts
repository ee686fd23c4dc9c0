import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { StockChange } from '../domain/vocabulary.ts';
import type { Locks } from '../locks/product-locks.ts';
import { newId } from '../runtime/ids.ts';
import type { Store } from '../store/store.ts';
import { inTransaction, StaleReadError } from '../store/transaction.ts';
import { givenCheckout, givenLedger, givenVariants, toPricedLine } from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { openTestStore } from '../testing/test-store.ts';
import type { LedgerContext } from './ledger.ts';
import { parkCheckout, unparkCheckout } from './park-checkout.ts';
import { settleCheckouts } from './settle-checkouts.ts';
import { openStock, writeStock } from './stock-levels.ts';

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});

/** The decision for one level: its change, and how many versions other writers have added since. */
const decisionArbitrary = fc.record({
  units: fc.integer({ min: 0, max: 3 }),
  versions: fc.integer({ min: 1, max: 2 }),
  versionsSince: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 2 })),
});

test('of several levels, all are written, or none if one of them has changed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(decisionArbitrary, { minLength: 1, maxLength: 12 }),
      async (decisions) => {
        const levels = decisions.map((decision) => ({ ...decision, variantId: newId('var') }));
        const products = levels.map(({ variantId: id }) => {
          return { _id: newId('prd'), shopId: 'shp_1', variants: [{ id }] };
        });
        await inTransaction(store, (session) => openStock(store, session, products));
        const changes = levels.map(({ variantId, units, versions, versionsSince }): StockChange => {
          const delta = { onHand: units, reserved: 0, sold: 0 };
          const fromVersion = -versionsSince;
          return { variantId, fromVersion, toVersion: fromVersion + versions, delta };
        });
        const isStale = decisions.some(({ versionsSince }) => versionsSince > 0);
        const writing = inTransaction(store, (session) => writeStock(store, session, changes), 1);
        if (isStale) await expect(writing).rejects.toThrow(StaleReadError);
        else await writing;
        for (const { variantId, units, versions } of levels) {
          const level = await store.stock.findOne({ _id: variantId });
          const written = { onHand: units, version: versions };
          expect(level).toMatchObject(isStale ? { onHand: 0, version: 0 } : written);
        }
      },
    ),
    { numRuns: 40 },
  );
});

/** Creates a ledger that runs `meanwhile` during its first wait for the lock. */
function interrupted(meanwhile: () => Promise<unknown>): LedgerContext {
  let isFirst = true;
  const locks: Locks = {
    holding: async (_names, work) => {
      if (isFirst) await meanwhile();
      isFirst = false;
      return work();
    },
  };
  return { ...givenLedger(store), locks };
}

test.each([
  ['placed', 5],
  ['rejected', 0],
] as const)(
  'a checkout that another worker has %s while this worker waits keeps its outcome',
  async (status, onHand) => {
    const [variant] = await givenVariants(store, [{ onHand }]);
    const lines = [toPricedLine(variant, 1)];
    const [{ _id: id }, { _id: otherId }] = [
      await givenCheckout(store, { lines }),
      await givenCheckout(store, { lines }),
    ];
    const ledger = interrupted(() => settleCheckouts(givenLedger(store), [id]));
    const settled = await settleCheckouts(ledger, [id, otherId]);
    expect(settled).toMatchObject([
      { checkoutId: id, status },
      { checkoutId: otherId, status },
    ]);
    expect(await store.orders.countDocuments({ checkoutId: id })).toBe(onHand > 0 ? 1 : 0);
    expect(await store.outbox.countDocuments({ 'events.subjectId': id })).toBe(1);
    const level = await store.stock.findOne({ _id: variant.variantId });
    expect(level).toMatchObject({ reserved: onHand > 0 ? 2 : 0 });
  },
);

test('a checkout that is parked while this worker waits stays parked', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 5 }]);
  const { _id: id } = await givenCheckout(store, { lines: [toPricedLine(variant, 1)] });
  const ledger = interrupted(() => parkCheckout(givenLedger(store), id, 'by a test'));
  expect(await settleCheckouts(ledger, [id])).toMatchObject([{ status: 'failed' }]);
  expect(await store.orders.countDocuments({ checkoutId: id })).toBe(0);
});

test('a checkout that is parked and replayed while this worker waits is settled as it is then', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 5 }]);
  const [{ _id: id }, { _id: otherId }] = [
    await givenCheckout(store, { lines: [toPricedLine(variant, 1)], note: 'to be erased' }),
    await givenCheckout(store, { lines: [toPricedLine(variant, 1)] }),
  ];
  const ledger = interrupted(async () => {
    await parkCheckout(givenLedger(store), id, 'by a test');
    await store.checkouts.updateOne({ _id: id }, { $unset: { note: '' } });
    await unparkCheckout(givenLedger(store), id);
  });
  expect(await settleCheckouts(ledger, [id, otherId])).toMatchObject([
    { status: 'placed' },
    { status: 'placed' },
  ]);
  expect(await store.orders.findOne({ checkoutId: id })).not.toHaveProperty('note');
  const entries = await store.outbox.find({ 'events.subjectId': id }).toArray();
  const own = entries.flatMap(({ events }) => events).filter((event) => event.subjectId === id);
  expect(own.map(({ type, seq }) => [type, seq]).sort()).toEqual([
    ['checkout.failed', 1],
    ['checkout.placed', 2],
  ]);
});
