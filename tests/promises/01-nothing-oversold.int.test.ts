import { expect, test } from 'vitest';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import {
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { expectVerdictOk } from '../rig/system.ts';

const ROUNDS = promiseRuns(50, 1);
const BUYERS = 200;
const STOCK = 10;
/** Settlers that conflict with each other, because no lock keeps them apart. */
const SETTLERS = 8;
const BATCH = 5;

const namespace = testNamespace();

test(`${BUYERS} buyers of ${STOCK} units get exactly ${STOCK} without locks, in ${ROUNDS} rounds`, async () => {
  const store = await openTestStore(namespace);
  const ledger = givenLedger(store);
  for (let round = 0; round < ROUNDS; round += 1) {
    const [variant] = await givenVariants(store, [{ onHand: STOCK }]);
    const checkouts = await givenCheckouts(
      store,
      Array.from({ length: BUYERS }, () => ({ lines: [toPricedLine(variant)] })),
    );
    const ids = checkouts.map((checkout) => checkout._id);
    const settlers = Array.from({ length: SETTLERS }, async (_, settler) => {
      for (let start = settler * BATCH; start < ids.length; start += SETTLERS * BATCH) {
        await settleCheckouts(ledger, ids.slice(start, start + BATCH));
      }
    });
    await Promise.all(settlers);
    const placed = await store.orders.countDocuments({ 'lines.variantId': variant.variantId });
    const level = await store.stock.findOne({ _id: variant.variantId });
    expect(placed).toBe(STOCK);
    expect(level).toMatchObject({ onHand: STOCK, reserved: STOCK, sold: 0 });
  }
  await expectVerdictOk(store);
}, 300_000);
