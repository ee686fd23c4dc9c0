import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../store/store.ts';
import { givenCheckouts, givenLedger, givenVariants, toPricedLine } from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { openTestStore } from '../testing/test-store.ts';
import { moveOrders } from './move-orders.ts';
import { settleCheckouts } from './settle-checkouts.ts';
import { buy, settle, toWait } from './testing/given-waiting.ts';

/** More documents than the server returns in one reply by default. */
const CHECKOUTS = 150;

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});

/** Records every command on this database until the test ends. */
async function recordCommands() {
  const { db } = store.connection;
  if (db === undefined) throw new Error('not connected');
  await db.command({ profile: 2 });
  onTestFinished(async () => {
    await db.command({ profile: 0 });
    await db.collection('system.profile').drop();
  });
  const count = (op: string) =>
    db.collection('system.profile').countDocuments({ op, ns: { $not: /system/ } });
  return { count };
}

test('a batch of many products needs four queries, and its orders are read and moved without further pages', async () => {
  const variants = await givenVariants(
    store,
    Array.from({ length: CHECKOUTS }, () => ({ onHand: 1 })),
  );
  const checkouts = await givenCheckouts(
    store,
    variants.map((variant) => ({ lines: [toPricedLine(variant)] })),
  );
  const ledger = givenLedger(store);
  const { count } = await recordCommands();
  const settled = await settleCheckouts(
    ledger,
    checkouts.map(({ _id }) => _id),
  );
  expect(settled.every(({ status }) => status === 'placed')).toBe(true);
  // The queries read checkouts, levels, products, and again the levels that were written.
  expect(await count('query')).toBe(4);
  expect(await count('getmore')).toBe(0);
  const moved = await moveOrders(
    ledger,
    settled.flatMap(({ orderIds }) =>
      orderIds.map((orderId) => ({ orderId, move: 'confirm', actor: 'test' }) as const),
    ),
  );
  expect(moved.every(({ kind }) => kind === 'moved')).toBe(true);
  expect(await count('getmore')).toBe(0);
});

test('a batch finds with few queries that no waiting checkout of its many variants can be served', async () => {
  const waits = 11;
  const lines = 19;
  const [soldOut, ...inStock] = await givenVariants(store, [
    { onHand: 0 },
    ...Array.from({ length: waits * lines }, () => ({ onHand: 2 })),
  ]);
  const ledger = givenLedger(store);
  const specs = Array.from({ length: waits }, (_, n) => {
    const variants = [soldOut, ...inStock.slice(n * lines, (n + 1) * lines)];
    return { ...toWait(soldOut), lines: variants.map((variant) => toPricedLine(variant)) };
  });
  const waiting = await givenCheckouts(store, specs);
  expect(new Set(await settle(ledger, waiting))).toEqual(new Set(['waiting']));
  const marked = await store.stock.countDocuments({ waits: { $exists: true } });
  expect(marked).toBe(1 + waits * lines);
  const checkouts = await givenCheckouts(
    store,
    inStock.map((variant) => buy(variant)),
  );
  const { count } = await recordCommands();
  expect(new Set(await settle(ledger, checkouts))).toEqual(new Set(['placed']));
  expect((await count('query')) + (await count('getmore'))).toBe(7);
});
