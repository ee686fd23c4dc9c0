import { expect, test } from 'vitest';
import { freePort } from '../../shared/services/processes/ports.ts';
import type { Store } from '../../shared/store/store.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { startChild } from '../rig/child.ts';
import { givenApiKey, type SeenCheckout, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, startSystem } from '../rig/system.ts';

const ROUNDS = promiseRuns(50, 1);
/** Buyers that let three holds lapse, and buyers that let two. */
const HOARDERS = promiseRuns(30, 12);
const OTHERS = promiseRuns(30, 12);
const LAPSES = 3;
const PLENTY = 1_000;
const CONCURRENCY = 60;
const LAPSED_MS_MAX = 60_000;
const TIMEOUT_MS = promiseRuns(3_600_000, 180_000);

type Buyer = { readonly buyerId: string; readonly lapses: number };

/** Returns the buyers of one round: all, and those of each kind. */
function listBuyers(round: number): { all: Buyer[]; hoarders: Buyer[]; others: Buyer[] } {
  const toBuyers = (name: string, count: number, lapses: number) =>
    Array.from({ length: count }, (_, n) => ({ buyerId: `r${round}-${name}-${n}`, lapses }));
  const hoarders = toBuyers('hoarder', HOARDERS, LAPSES);
  const others = toBuyers('other', OTHERS, LAPSES - 1);
  return { all: [...hoarders, ...others], hoarders, others };
}

/** Counts the buyers of a product by their lapses in a row. */
async function countRows(store: Store, productId: string) {
  const rows = await store.lapsedHolds.find({ productId }).toArray();
  expect(rows.every(({ orderIds, count }) => new Set(orderIds).size === count)).toBe(true);
  return Object.fromEntries(
    [1, 2, 3].map((count) => [count, rows.filter((row) => row.count === count).length]),
  );
}

const listCodes = (seen: readonly SeenCheckout[]) => [
  ...new Set(seen.map(({ status, rejection }) => rejection?.code ?? status)),
];

test(
  `${HOARDERS} buyers with three lapses and ${OTHERS} with two through two APIs and two workers, ${ROUNDS} rounds: buyers with three come after all others, until they pay`,
  async () => {
    const namespace = testNamespace();
    const store = await openTestStore(namespace);
    const system = await startSystem(namespace, { workers: 2 });
    const port = String(await freePort());
    const second = await startChild('api/main.ts', { ...system.env, PORT: port });
    const urls = [system.apiUrl, `http://127.0.0.1:${port}`];
    let keys = 0;
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        const spec = { onHand: PLENTY, product: 'one' };
        const [first, other, scarce] = await givenVariants(store, [
          ...([spec, spec] as const),
          { product: 'one' },
        ]);
        const { shopId, productId } = first;
        const apiKey = await givenApiKey(store, shopId);
        const fronts = urls.map((url) => storefront(url, apiKey));
        const frontFor = (n: number) => fronts[n % 2] ?? storefront('', '');
        const buyEach = (buyers: readonly Buyer[], more: object = {}) =>
          runConcurrently(buyers.length, CONCURRENCY, (n) => {
            keys += 1;
            const { variantId } = n % 3 === 0 ? first : other;
            const { buyerId = '' } = buyers[n] ?? {};
            const line = { variantId, quantity: 1 };
            return frontFor(keys).buy(`k${keys}`, [line], { buyerId, ...more });
          });
        const { all, hoarders, others } = listBuyers(round);

        // All holds end within moments, and both workers find them at the same time.
        const holds = all.flatMap((buyer) => Array.from({ length: buyer.lapses }, () => buyer));
        expect(listCodes(await buyEach(holds, { reservationSeconds: 1 }))).toEqual(['placed']);
        const expectedRows = { 1: 0, 2: OTHERS, 3: HOARDERS };
        await expect
          .poll(() => countRows(store, productId), { timeout: LAPSED_MS_MAX })
          .toEqual(expectedRows);
        const expired = { 'lines.productId': productId, status: 'expired' } as const;
        expect(await store.orders.countDocuments(expired)).toBe(holds.length);

        const twice = [...hoarders, ...hoarders];
        expect(listCodes(await buyEach(twice))).toEqual(['too_many_lapsed_holds']);
        expect(listCodes(await buyEach(others))).toEqual(['placed']);

        // The hoarders have waited longer, and still come after all others.
        const waitUntil = new Date(Date.now() + TIMEOUT_MS).toISOString();
        const scarceLine = { variantId: scarce.variantId, quantity: 1 };
        let waiting = 0;
        for (const buyers of [hoarders, others]) {
          const posted = await runConcurrently(buyers.length, CONCURRENCY, (n) => {
            const { buyerId = '' } = buyers[n] ?? {};
            const more = { buyerId, whenSoldOut: { waitUntil } };
            return frontFor(n).post(`wait-${buyerId}`, [scarceLine], more);
          });
          expect(new Set(posted.map(({ status }) => status))).toEqual(new Set([202]));
          waiting += buyers.length;
          const filter = { status: 'waiting' } as const;
          await expect
            .poll(() => store.checkouts.countDocuments(filter), { timeout: LAPSED_MS_MAX })
            .toBe(waiting);
        }
        const restock = async (delta: number) => {
          const path = `/v1/inventory/${scarce.variantId}/adjustments`;
          await frontFor(0).call('POST', path, { delta, reason: 'delivery' });
        };
        const countServed = async (buyers: readonly Buyer[]) =>
          store.checkouts.countDocuments({
            ...{ status: 'placed', 'lines.variantId': scarce.variantId },
            buyerId: { $in: buyers.map(({ buyerId }) => buyerId) },
          });
        await restock(OTHERS);
        await expect.poll(() => countServed(others), { timeout: LAPSED_MS_MAX }).toBe(OTHERS);
        expect(await countServed(hoarders)).toBe(0);
        await restock(HOARDERS);
        await expect.poll(() => countServed(hoarders), { timeout: LAPSED_MS_MAX }).toBe(HOARDERS);

        const orders = await store.orders
          .find({ 'lines.variantId': scarce.variantId, buyerId: /hoarder/ })
          .toArray();
        const paid = await runConcurrently(orders.length, CONCURRENCY, (n) =>
          frontFor(n).call('POST', `/v1/orders/${orders[n]?._id}/confirm`),
        );
        expect(new Set(paid.map(({ status }) => status))).toEqual(new Set([200]));
        expect(await countRows(store, productId)).toEqual({ ...expectedRows, 3: 0 });
        expect(listCodes(await buyEach(hoarders))).toEqual(['placed']);
      }
      expect(await expectVerdictOk(store)).toMatchObject({ inversions: 0 });
    } finally {
      await second.stop();
      await system.stop();
    }
  },
  TIMEOUT_MS,
);
