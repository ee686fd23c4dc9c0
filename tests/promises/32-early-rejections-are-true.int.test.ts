import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import type { Store } from '../../shared/store/store.ts';
import { type GivenVariant, givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { startChild } from '../rig/child.ts';
import { givenApiKey, type Storefront, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, systemEnv } from '../rig/system.ts';

const BUYERS = promiseRuns(20_000, 640);
const STOCK = BUYERS / 40;
const RESTOCK = promiseRuns(50, 20);
/** The shares of the buyers after which units are added. */
const RESTOCKS_AFTER = [0.4, 0.5, 0.6];
/**
 * Fewer in the short form: checkouts in progress when stock runs out are not refused in the
 * response.
 */
const CONCURRENCY = promiseRuns(64, 24);
/** Buyers beyond the stock in the test without early rejections. */
const TOO_MANY = promiseRuns(200, 60);
/** How many times as many buyers may come at most, on a busy machine in the short form. */
const MORE_BUYERS = promiseRuns(1, 4);
const AGE_MS_MAX = 250;

const namespace = testNamespace();
const store: Store = await openTestStore(namespace);
let variant: GivenVariant;

beforeEach(async () => {
  [variant] = await givenVariants(store, [{ onHand: STOCK }]);
});
afterEach(() => clearStore(store));

/** Starts two APIs and a worker as processes, and returns a storefront of each API. */
async function startTwoApis(setting: 'on' | 'off'): Promise<[Storefront, Storefront]> {
  const apiKey = await givenApiKey(store, variant.shopId);
  const start = async (entry: string) => {
    const env = await systemEnv(namespace, { EARLY_REJECTION: setting });
    const child = await startChild(entry, env);
    onTestFinished(() => child.stop());
    return storefront(`http://127.0.0.1:${env['PORT']}`, apiKey);
  };
  const [first, second] = await Promise.all([
    start('api/main.ts'),
    start('api/main.ts'),
    start('worker/main.ts'),
  ]);
  return [first, second];
}

interface Purchase {
  readonly status: string;
  readonly code?: string | undefined;
  /** Whether the response to the POST contained the outcome. */
  readonly isInResponse: boolean;
}

async function buy(front: Storefront, buyer: number): Promise<Purchase> {
  const lines = [{ variantId: variant.variantId, quantity: 1 }];
  const { status, json } = await front.post(`b${buyer}`, lines);
  if (status !== 202) throw new Error(`buyer ${buyer} was answered ${status}`);
  const isInResponse = json['status'] === 'rejected';
  const outcome = await front.outcome(String(json['id']));
  return { status: outcome.status, code: outcome.rejection?.code, isInResponse };
}

test(`${BUYERS} buyers of ${STOCK} units and ${RESTOCKS_AFTER.length} restocks of ${RESTOCK}: the units in stock are placed, and most other buyers are rightly refused in the response`, async () => {
  const fronts = await startTwoApis('on');
  const restockAt = new Set(RESTOCKS_AFTER.map((share) => share * BUYERS));
  const restocking: Promise<number>[] = [];
  const restock = async () => {
    const path = `/v1/inventory/${variant.variantId}/adjustments`;
    return (await fronts[0].call('POST', path, { delta: RESTOCK, reason: 'delivery' })).status;
  };
  const bought = await runConcurrently(BUYERS, CONCURRENCY, (buyer) => {
    if (restockAt.has(buyer)) restocking.push(restock());
    return buy(fronts[buyer % 2 === 0 ? 0 : 1], buyer);
  });
  expect(await Promise.all(restocking)).toEqual(RESTOCKS_AFTER.map(() => 201));

  const units = STOCK + RESTOCKS_AFTER.length * RESTOCK;
  const refused = bought.filter(({ status }) => status === 'rejected');
  expect(bought.filter(({ status }) => status === 'placed')).toHaveLength(units);
  expect(refused.filter(({ code }) => code === 'out_of_stock')).toHaveLength(BUYERS - units);
  // On a busy machine knowledge of stock is often too old. Then more buyers come, one by one, until
  // most are refused in the response.
  const countInResponse = () => refused.filter(({ isInResponse }) => isInResponse).length;
  while (countInResponse() <= refused.length / 2 && refused.length < MORE_BUYERS * BUYERS) {
    refused.push(await buy(fronts[refused.length % 2 === 0 ? 0 : 1], units + refused.length));
  }
  expect(countInResponse()).toBeGreaterThan(refused.length / 2);

  const earlyRejections = await store.checkouts
    .find({ 'rejection.ageMs': { $exists: true } })
    .toArray();
  expect(earlyRejections).toHaveLength(countInResponse());
  const ages = earlyRejections.map(({ rejection }) => rejection?.ageMs ?? Number.NaN);
  expect(ages.every((age) => age >= 0 && age <= AGE_MS_MAX)).toBe(true);
  expect(await expectVerdictOk(store)).toMatchObject({
    placed: units,
    accepted: units + refused.length,
  });
  const entries = await store.outbox.find({ 'events.type': 'checkout.rejected' }).toArray();
  const announced = entries
    .flatMap(({ events }) => events.filter(({ type }) => type === 'checkout.rejected'))
    .map(({ subjectId }) => subjectId);
  const rejected = await store.checkouts.find({ status: 'rejected' }).toArray();
  expect(announced.sort()).toEqual(rejected.map(({ _id }) => _id).sort());

  // The verdict finds evidence that was changed afterwards.
  const $set = { 'rejection.ageMs': AGE_MS_MAX + 1 };
  await rawCollection(store, 'checkouts').updateOne({ _id: earlyRejections[0]?._id }, { $set });
  const version = (earlyRejections.at(-1)?.rejection?.version ?? 0) + 1_000_000;
  await rawCollection(store, 'checkouts').updateOne(
    { _id: earlyRejections[1]?._id },
    { $set: { 'rejection.version': version } },
  );
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: false, undersold: 2 });
}, 600_000);

test('with EARLY_REJECTION=off every buyer goes through the queue', async () => {
  const fronts = await startTwoApis('off');
  const buyers = STOCK + TOO_MANY;
  const bought = await runConcurrently(buyers, CONCURRENCY, (buyer) =>
    buy(fronts[buyer % 2 === 0 ? 0 : 1], buyer),
  );
  expect(bought.filter(({ isInResponse }) => isInResponse)).toEqual([]);
  expect(await expectVerdictOk(store)).toMatchObject({ placed: STOCK, accepted: buyers });
}, 120_000);
