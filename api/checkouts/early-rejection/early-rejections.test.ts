import { beforeEach, describe, expect, test } from 'vitest';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import { manualClock } from '../../../shared/testing/manual-clock.ts';
import { EarlyRejections } from './early-rejections.ts';
import type { StockReading } from './stock-reader.ts';

const FAR_MS = 1_000_000;
const clock = manualClock();

/**
 * The reads so far. A test answers a read with stock, or calls `answer()` to make the read fail.
 */
let reads: { ids: readonly string[]; answer(stock?: Partial<StockReading>): Promise<void> }[];
let nowMs: number;
let early: EarlyRejections;

function create(isEnabled = true): EarlyRejections {
  const read = (ids: readonly string[]) =>
    new Promise<Map<string, StockReading>>((resolve, reject) => {
      const answer = async (stock?: Partial<StockReading>) => {
        const holdsUntilMs = clock.now().getTime() + FAR_MS;
        const reading = { available: 0, version: 5, holdsUntilMs, ...stock };
        if (stock === undefined) reject(new Error('the read failed'));
        else resolve(new Map(ids.map((id) => [id, reading])));
        await new Promise(setImmediate);
      };
      reads.push({ ids, answer });
    });
  return new EarlyRejections({ isEnabled, read, clock, monotonicMs: () => nowMs });
}

beforeEach(() => {
  reads = [];
  nowMs = 50_000;
  early = create();
});

const line = (variantId: string, quantity = 1) => ({
  ...{ variantId, productId: 'prd', shopId: 'shp', sku: variantId, title: 'T' },
  ...{ quantity, unitPrice: 1 },
});
const checkout = (variantId = 'a', quantity = 1): CheckoutRecord => ({
  ...{ _id: 'chk', storefrontId: 's', madeBy: 'k', buyerId: 'b', requestHash: 'h' },
  ...{ status: 'queued', lines: [line(variantId, quantity)], currency: 'GBP', total: quantity },
  ...{ receivedAt: new Date(0), acceptedAt: new Date(0), jobId: 'chk.0', wakeups: 0 },
});
const event = (type: 'stock.depleted' | 'stock.adjusted', seq: number, subjectId = 'a') =>
  ({ type, subjectId, seq, data: {} }) as const;
const rejectionOf = (variantId: string, code = 'out_of_stock') =>
  ({
    type: 'checkout.rejected',
    subjectId: 'chk_other',
    seq: 1,
    data: { code, variantId },
  }) as const;

const refresh = (...variantIds: string[]) => early.refresh(variantIds.map((id) => line(id)));
const statusOf = (quantity = 1) => early.decide(checkout('a', quantity)).status;

/** Watches the variant `a`, and reads that it is sold out or has this stock. */
async function givenSoldOut(stock: Partial<StockReading> = {}): Promise<void> {
  early.onEvents([event('stock.depleted', 5)]);
  refresh('a');
  await reads.at(-1)?.answer(stock);
}

describe('what is read', () => {
  test('nothing before a rejection is published', () => {
    refresh('a', 'b');
    expect(reads).toEqual([]);
    expect(early.decide(checkout())).toEqual(checkout());
  });

  test('only variants with an out_of_stock rejection or a depleted event, and only when checkouts want them', () => {
    early.onEvents([
      rejectionOf('a'),
      event('stock.depleted', 3, 'b'),
      rejectionOf('c', 'withdrawn'),
    ]);
    early.onEvents([event('stock.adjusted', 3, 'd')]);
    expect(reads).toEqual([]);
    refresh('a', 'b', 'c', 'd');
    expect(reads.map(({ ids }) => ids)).toEqual([['a', 'b']]);
  });

  test('nothing while early rejection is off', () => {
    early = create(false);
    early.onEvents([rejectionOf('a')]);
    refresh('a');
    expect(reads).toEqual([]);
  });

  test('one read at a time, at least 25 ms apart, and no stock that was read less than 50 ms ago', async () => {
    await givenSoldOut();
    nowMs += 49;
    refresh('a');
    expect(reads).toHaveLength(1);
    nowMs += 1;
    refresh('a');
    expect(reads).toHaveLength(2);
    early.onEvents([rejectionOf('b')]);
    nowMs += 100;
    refresh('b');
    expect(reads).toHaveLength(2);
    await reads[1]?.answer();
    refresh('b');
    expect(reads.map(({ ids }) => ids)).toEqual([['a'], ['a'], ['b']]);
    await reads[2]?.answer();
    nowMs += 24;
    refresh('b');
    expect(reads).toHaveLength(3);
  });

  test('at most 200 variants', () => {
    const ids = Array.from({ length: 300 }, (_, index) => `v${index}`);
    early.onEvents(ids.map((id) => rejectionOf(id)));
    refresh(...ids);
    expect(reads[0]?.ids).toHaveLength(200);
  });

  test('no variant that has units and had its last rejection over ten seconds ago', async () => {
    await givenSoldOut({ available: 9 });
    nowMs += 10_001;
    refresh('a');
    await reads[1]?.answer({ available: 9 });
    nowMs += 100;
    refresh('a');
    expect(reads).toHaveLength(2);
  });
});

describe('which checkouts are rejected', () => {
  test('a checkout that cannot get its units is returned with its outcome', async () => {
    await givenSoldOut({ version: 8 });
    nowMs += 12.5;
    const at = clock.now();
    const { jobId: _, ...withoutJob } = checkout('a', 3);
    expect(early.decide(checkout('a', 3))).toEqual({
      ...withoutJob,
      ...{ status: 'rejected', acceptedAt: at, settledAt: at },
      rejection: {
        ...{ code: 'out_of_stock', variantId: 'a', requested: 3, available: 0, version: 8 },
        ageMs: 13,
      },
    });
    expect(early.decide(checkout('b')).status).toBe('queued');
  });

  test('a checkout that can get its units goes through the queue', async () => {
    await givenSoldOut({ available: 2 });
    expect([statusOf(2), statusOf(3)]).toEqual(['queued', 'rejected']);
  });

  test('stock that was read more than 250 ms ago rejects no checkout, even if its read has only just returned', async () => {
    await givenSoldOut();
    nowMs += 250;
    refresh('a');
    expect(statusOf()).toBe('rejected');
    nowMs += 0.1;
    expect(statusOf()).toBe('queued');
    nowMs += 250;
    // The read began 250.1 ms ago, so its result may be that old.
    await reads[1]?.answer({ available: 0 });
    expect(statusOf()).toBe('queued');
    refresh('a');
    nowMs += 200;
    await reads[2]?.answer({ available: 0 });
    expect(early.decide(checkout()).rejection?.ageMs).toBe(200);
  });

  test('a failed read rejects no checkout, and the next read works', async () => {
    early.onEvents([rejectionOf('a')]);
    refresh('a');
    await reads[0]?.answer();
    expect(statusOf()).toBe('queued');
    nowMs += 25;
    refresh('a');
    await reads[1]?.answer({});
    expect(statusOf()).toBe('rejected');
  });

  test('an event does not make known stock younger', async () => {
    await givenSoldOut();
    nowMs += 240;
    early.onEvents([event('stock.depleted', 5), rejectionOf('a')]);
    nowMs += 11;
    expect(statusOf()).toBe('queued');
  });

  test('an event of a later version discards the known stock, even if a read in progress returns it', async () => {
    await givenSoldOut({ version: 8 });
    early.onEvents([event('stock.adjusted', 8)]);
    expect(statusOf()).toBe('rejected');
    early.onEvents([event('stock.adjusted', 9)]);
    expect(statusOf()).toBe('queued');
    nowMs += 25;
    refresh('a');
    await reads[1]?.answer({ version: 8 });
    expect(statusOf()).toBe('queued');
    nowMs += 25;
    refresh('a');
    await reads[2]?.answer({ version: 9 });
    expect(statusOf()).toBe('rejected');
  });

  test('from the end of a reservation on, no checkout of its variant is rejected', async () => {
    await givenSoldOut({ holdsUntilMs: clock.now().getTime() + 100 });
    expect(statusOf()).toBe('rejected');
    clock.advance(100);
    expect(statusOf()).toBe('queued');
  });
});
