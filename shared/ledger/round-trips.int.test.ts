import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../store/store.ts';
import { givenCheckouts, givenLedger, givenVariants, toPricedLine } from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { openTestStore } from '../testing/test-store.ts';
import { moveOrders } from './move-orders.ts';
import { settleCheckouts } from './settle-checkouts.ts';

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
