import { beforeEach, expect, test } from 'vitest';
import { LAPSES_KEPT_MS } from '../../domain/lapsed-holds.ts';
import { type GivenVariant, givenLedger, givenVariants } from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { clearStore, openTestStore } from '../../testing/test-store.ts';
import { LapsingBuyers } from '../testing/given-lapses.ts';
import { forgetLapses, forgetOldLapses } from './forget-lapses.ts';

const HOUR_MS = 3_600_000;
const store = await openTestStore(testNamespace());
const clock = manualClock();
const ledger = givenLedger(store, { clock, reservationTtlMs: 1_000 });
const buyers = new LapsingBuyers(ledger, clock);
const { signal } = new AbortController();

let shirt: GivenVariant;
let large: GivenVariant;

beforeEach(async () => {
  await clearStore(store);
  const spec = { onHand: 10, product: 'shirt' };
  [shirt, large] = await givenVariants(store, [spec, spec]);
});

const inMs = (ms: number) => new Date(clock.now().getTime() + ms);
const setSaleUntil = (saleUntil: Date) =>
  store.products.updateOne({ _id: shirt.productId }, { $set: { saleUntil } });
const buyLarge = async (buyerId: string) => (await buyers.buy(buyerId, large)).status;

/** Returns the lapses that the levels of both variants show. */
async function readShownLapses(): Promise<(number | undefined)[]> {
  const levels = await store.stock.find({}, { sort: { _id: 1 } }).toArray();
  return levels.map(({ lapses }) => lapses);
}

test('each level of a product shows the highest number of lapses of any buyer', async () => {
  expect(await readShownLapses()).toEqual([undefined, undefined]);
  await buyers.lapse('ana', shirt);
  expect(await readShownLapses()).toEqual([1, 1]);
  await buyers.lapseTimes(3, 'ben', large);
  expect(await readShownLapses()).toEqual([3, 3]);
});

test('all lapses of a product are removed together', async () => {
  await buyers.lapseTimes(3, 'ana', shirt);
  await buyers.lapse('ben', large);
  await forgetLapses(ledger, [shirt.productId]);
  expect(await store.lapsedHolds.countDocuments({})).toBe(0);
  expect(await readShownLapses()).toEqual([undefined, undefined]);
  expect(await buyLarge('ana')).toBe('placed');
});

test('levels show no lapses after the last lapse was erased with its buyer', async () => {
  await buyers.lapse('ana', shirt);
  await store.connection.collection('lapsed_holds').deleteMany({});
  await forgetLapses(ledger, [shirt.productId]);
  expect(await readShownLapses()).toEqual([undefined, undefined]);
});

test('without an end of the sale, a buyer’s lapses are removed a day after the last lapse', async () => {
  await buyers.lapseTimes(3, 'ana', shirt);
  clock.advance(HOUR_MS);
  await buyers.lapse('ben', large);
  clock.advance(LAPSES_KEPT_MS - HOUR_MS - 1_001);
  expect(await buyLarge('ana')).toBe('rejected');
  clock.advance(1);
  // Settlement needs no sweep to see that the time is over.
  expect(await buyLarge('ana')).toBe('placed');
  await forgetOldLapses(ledger, signal);
  expect(await store.lapsedHolds.find({}).toArray()).toMatchObject([{ count: 1 }]);
  expect(await readShownLapses()).toEqual([1, 1]);
});

test('lapses are kept until the sale ends, even if its end is moved', async () => {
  await setSaleUntil(inMs(3 * LAPSES_KEPT_MS));
  await buyers.lapseTimes(3, 'ana', shirt);
  await buyers.lapse('ben', shirt);
  clock.advance(2 * LAPSES_KEPT_MS);
  await forgetOldLapses(ledger, signal);
  expect(await store.lapsedHolds.countDocuments({})).toBe(2);
  expect(await buyLarge('ana')).toBe('rejected');
  await setSaleUntil(inMs(2 * LAPSES_KEPT_MS));
  clock.advance(LAPSES_KEPT_MS);
  await forgetOldLapses(ledger, signal);
  expect(await buyLarge('ana')).toBe('rejected');
  clock.advance(LAPSES_KEPT_MS);
  await forgetOldLapses(ledger, signal);
  expect(await store.lapsedHolds.countDocuments({})).toBe(0);
  expect(await readShownLapses()).toEqual([undefined, undefined]);
});
