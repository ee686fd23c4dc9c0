import { expect, onTestFinished, test, vi } from 'vitest';
import { LapsingBuyers } from '../../shared/ledger/testing/given-lapses.ts';
import { afterNextRead } from '../../shared/testing/after-next-read.ts';
import { givenLedger, givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { passSaleTimes } from './sale-time-sweep.ts';

const HOUR_MS = 3_600_000;
const store = await openTestStore(testNamespace());
const clock = manualClock();
const ledger = givenLedger(store, { clock, reservationTtlMs: 1_000 });
const buyers = new LapsingBuyers(ledger, clock);

test.each(['saleUntil', 'saleFrom'])(
  'when %s comes, the record of lapsed holds of the product is removed',
  async (name) => {
    const [shirt, lamp] = await givenVariants(store, [{ onHand: 5 }, { onHand: 5 }]);
    await buyers.lapseTimes(3, 'ana', shirt);
    await buyers.lapseTimes(3, 'ana', lamp);
    const at = new Date(clock.now().getTime() + HOUR_MS);
    await store.products.updateOne(
      { _id: shirt.productId },
      { $set: { [name]: at, nextTimeAt: at } },
    );
    await passSaleTimes(ledger);
    expect((await buyers.buy('ana', shirt)).status).toBe('rejected');
    clock.advance(HOUR_MS);
    expect(await passSaleTimes(ledger)).toBe(1);
    expect((await buyers.buy('ana', shirt)).status).toBe('placed');
    expect((await buyers.buy('ana', lamp)).status).toBe('rejected');
  },
);

test('a sale that is postponed while a sweep waits for it keeps the record of lapsed holds', async () => {
  const [early, shirt] = await givenVariants(store, [{}, { onHand: 5 }]);
  await buyers.lapseTimes(3, 'bea', shirt);
  const at = new Date(clock.now().getTime() + 20);
  const setStart = (productId: string, saleFrom: Date) =>
    store.products.updateOne({ _id: productId }, { $set: { saleFrom, nextTimeAt: saleFrom } });
  // The sweep waits once, for the first sale; the times of both sales have then passed.
  await setStart(early.productId, at);
  await setStart(shirt.productId, at);
  afterNextRead(store.products, async () => {
    await setStart(shirt.productId, new Date(at.getTime() + HOUR_MS));
    setTimeout(() => clock.advance(20), 5);
  });
  expect(await passSaleTimes(ledger)).toBe(1);
  expect((await buyers.buy('bea', shirt)).status).toBe('rejected');
  clock.advance(HOUR_MS);
  expect(await passSaleTimes(ledger)).toBe(1);
  expect((await buyers.buy('bea', shirt)).status).toBe('placed');
});

test('concurrent sweeps process the sale times of a product once', async () => {
  const variants = await givenVariants(store, [{}, {}, {}]);
  const at = clock.now();
  for (const { productId: _id } of variants) {
    await store.products.updateOne({ _id }, { $set: { saleFrom: at, nextTimeAt: at } });
  }
  const sweeps = Array.from({ length: 6 }, () => passSaleTimes(ledger));
  const written = await Promise.all(sweeps);
  expect(written.reduce((sum, events) => sum + events, 0)).toBe(variants.length);
});

test('all products with the same time are published in one round, by few transactions', async () => {
  const variants = await givenVariants(store, Array(450).fill({}));
  const among = { _id: { $in: variants.map(({ productId }) => productId) } };
  const publishAt = clock.now();
  const draft = { status: 'draft', publishAt, nextTimeAt: publishAt } as const;
  await store.products.updateMany(among, { $set: draft });
  const entriesBefore = await store.outbox.countDocuments();
  expect(await passSaleTimes(ledger)).toBe(variants.length);
  expect(await store.products.countDocuments({ ...among, status: 'draft' })).toBe(0);
  expect((await store.outbox.countDocuments()) - entriesBefore).toBeLessThanOrEqual(10);
});

test('a product whose sale times cannot be processed does not delay other products', async () => {
  const [broken, intact] = await givenVariants(store, [{}, {}]);
  const [earlier, later] = [clock.now(), new Date(clock.now().getTime() + 1)];
  clock.advance(1);
  for (const [{ productId: _id }, saleFrom] of [
    [broken, earlier],
    [intact, later],
  ] as const) {
    await store.products.updateOne({ _id }, { $set: { saleFrom, nextTimeAt: saleFrom } });
  }
  const bulkWrite = store.products.bulkWrite.bind(store.products);
  vi.spyOn(store.products, 'bulkWrite').mockImplementation((writes, options) => {
    if (JSON.stringify(writes).includes(broken.productId)) throw new Error('it is invalid');
    return bulkWrite(writes, options);
  });
  onTestFinished(() => void vi.restoreAllMocks());
  await expect(passSaleTimes(ledger)).rejects.toThrow(`product ${broken.productId}: it is invalid`);
  const started = { 'events.type': 'product.sale_started' };
  const entries = await store.outbox.find(started).toArray();
  expect(entries.flatMap(({ events }) => events.map(({ subjectId }) => subjectId))).toContain(
    intact.productId,
  );
});
