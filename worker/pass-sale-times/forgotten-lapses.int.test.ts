import { expect, test } from 'vitest';
import { LapsingBuyers } from '../../shared/ledger/testing/given-lapses.ts';
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
  '%s removes the record of lapsed holds when it comes',
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
