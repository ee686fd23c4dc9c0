import { afterAll, beforeAll, expect, test } from 'vitest';
import { givenForSale } from '../../../api/testing/requests.ts';
import { readJudgement } from '../../../shared/ledger/judging/following/judgement.ts';
import { givenShop } from '../../../shared/testing/builders.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { openTestStore } from '../../../shared/testing/test-store.ts';
import {
  type InProcessSystem,
  startInProcessSystem,
} from '../../../tests/rig/in-process-system.ts';
import { fillPast } from './fill-past.ts';

/**
 * The largest number of documents, and of index keys, that a query may examine here. It is far
 * below the number of past documents.
 */
const EXAMINED_MAX = 200;
const PAST = { orders: 3_000, products: 1_000 };
const WAIT = { timeout: 30_000, interval: 200 };

/** A separate database, because the profile cannot be cleared like other collections. */
const namespace = testNamespace({ isOwnDatabase: true });
const store = await openTestStore(namespace);
let system: InProcessSystem;

beforeAll(async () => {
  await fillPast(store, await givenShop(store), PAST);
  system = await startInProcessSystem(namespace, { reservationTtlMs: 2_000 });
});
afterAll(() => system.close());

test('no query of a sale, of its lists or of the sweeps examines more than 200 documents or keys', async () => {
  // The first verdict reads everything, and is not measured.
  await expect.poll(async () => (await readJudgement(store, new Date())).status, WAIT).toBe('ok');
  const { shopA } = system;
  const database = store.connection.getClient().db(store.connection.name);
  const profile = database.collection('system.profile');
  await database.command({ profile: 2 });
  try {
    const { variantId } = await givenForSale(shopA, { onHand: 5, price: 1_200 });
    const buy = async (quantity: number) => {
      const line = { variantId, quantity };
      const { body } = await shopA.post(
        '/v1/checkouts',
        { buyerId: 'b', lines: [line] },
        { 'idempotency-key': `buy-${quantity}` },
      );
      const path = `/v1/checkouts/${body['id']}`;
      return (await shopA.get<{ orders: { id: string }[] }>(path, { prefer: 'wait=20' })).body;
    };
    const [paid] = (await buy(1)).orders;
    await shopA.post(`/v1/orders/${paid?.id}/confirm`, {});
    const [lapsed] = (await buy(2)).orders;
    await buy(9);
    const lists = ['orders', 'orders?status=pending', 'orders?buyerId=b', 'products', 'inventory'];
    for (const list of [...lists, `inventory/${variantId}/movements`, 'events']) {
      expect((await shopA.get(`/v1/${list}`)).status).toBe(200);
    }
    const readStatus = async () => (await store.orders.findOne({ _id: lapsed?.id ?? '' }))?.status;
    await expect.poll(readStatus, WAIT).toBe('expired');
    const countSweeps = () => profile.countDocuments({ 'command.aggregate': 'checkouts' });
    await expect.poll(countSweeps, WAIT).toBeGreaterThan(0);
  } finally {
    await database.command({ profile: 0 });
  }
  const names = Object.values(store.connection.models).map(({ collection }) => collection.name);
  const ns = { $in: names.map((name) => `${store.connection.name}.${name}`) };
  expect(await profile.countDocuments({ ns })).toBeGreaterThan(20);
  const tooMuch = { $gt: EXAMINED_MAX };
  const costly = await profile
    .find({ ns, $or: [{ docsExamined: tooMuch }, { keysExamined: tooMuch }] })
    .project({ _id: 0, ns: 1, op: 1, planSummary: 1, docsExamined: 1, keysExamined: 1, command: 1 })
    .toArray();
  expect(costly).toEqual([]);
  expect((await readJudgement(store, new Date())).faults).toEqual([]);
}, 90_000);
