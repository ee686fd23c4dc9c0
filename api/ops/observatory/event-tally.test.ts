import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idAt } from '../../../shared/testing/id-at.ts';
import { EventTally } from './event-tally.ts';

const START = Date.UTC(2026, 2, 1, 10);

/** The event of a checkout that took `ms` to its outcome. */
function settledEvent(ms: number, code?: string) {
  const id = idAt('chk', new Date(START), `${ms} ${code} ${Math.random()}`);
  return {
    id: `${id}.0`,
    type: code === undefined ? ('checkout.placed' as const) : ('checkout.rejected' as const),
    subjectId: id,
    at: new Date(START + ms).toISOString(),
    data: code === undefined ? {} : { code, variantId: 'var_1' },
  };
}

const stockEvent = {
  ...settledEvent(0),
  id: 'evt_stock.0',
  type: 'stock.depleted' as const,
  subjectId: 'var_1',
};

test('rates are per second over the last second, whatever the length of an interval', () => {
  const tally = new EventTally();
  tally.add([settledEvent(5), settledEvent(6), stockEvent]);
  tally.advance(500, { accepted: 10, rejectedEarly: {} });
  tally.add([settledEvent(7)]);
  const counts = { accepted: 5, rejectedEarly: { out_of_stock: 2, purchase_limit_reached: 1 } };
  expect(tally.advance(1_000, counts)).toMatchObject({
    settled: 2,
    accepted: 10,
    rejectedEarly: 2,
  });
  expect(tally.advance(500, null)).toMatchObject({ accepted: null, rejectedEarly: null });
});

test('while events cannot arrive, their figures are null, and counts from MongoDB are known', () => {
  const tally = new EventTally();
  const counts = { accepted: 5, rejectedEarly: { out_of_stock: 2 } };
  tally.add([settledEvent(5)]);
  tally.advance(500, counts);
  const unknown = { settled: null, outcomes: null, waits: null, latencyMs: null, batches: null };
  expect(tally.advance(500, counts, false)).toEqual({ accepted: 10, rejectedEarly: 4, ...unknown });
  expect(tally.advance(500, counts)).toMatchObject(unknown);
  expect(tally.advance(500, counts)).toMatchObject({
    ...{ settled: 0, outcomes: { out_of_stock: 8, placed: 1 }, batches: { mean: 1, largest: 1 } },
  });
});

test('outcomes of workers and early rejections are counted by reason for a minute', () => {
  const tally = new EventTally();
  tally.add([settledEvent(5), settledEvent(5, 'out_of_stock'), settledEvent(5, 'withdrawn')]);
  const early = { accepted: 4, rejectedEarly: { out_of_stock: 3 } };
  const expected = { out_of_stock: 4, placed: 1, withdrawn: 1 };
  expect(tally.advance(500, early).outcomes).toEqual(expected);
  const nothing = { accepted: 0, rejectedEarly: {} };
  for (let interval = 1; interval < 120; interval += 1) {
    expect(tally.advance(500, nothing).outcomes).toEqual(expected);
  }
  expect(tally.advance(500, nothing).outcomes).toEqual({});
});

test('the checkouts of one message count as a batch', () => {
  const tally = new EventTally();
  tally.add([settledEvent(1), settledEvent(1), settledEvent(1)]);
  tally.add([settledEvent(1)]);
  tally.add([stockEvent]);
  expect(tally.advance(500, null).batches).toEqual({ mean: 2, largest: 3 });
  for (let interval = 1; interval < 20; interval += 1) tally.advance(500, null);
  expect(tally.advance(500, null).batches).toBeNull();
});

test('a checkout that waits is counted as settled once, when its wait ends', () => {
  const tally = new EventTally();
  const [served, refused] = [settledEvent(60_000), settledEvent(70_000, 'wait_over')];
  const toWaitEvent = (event: typeof served) => {
    const at = new Date(START + 5).toISOString();
    return { ...event, id: `${event.id}.begun`, type: 'checkout.waiting' as const, at, data: {} };
  };
  tally.add([toWaitEvent(served), toWaitEvent(refused), settledEvent(5)]);
  expect(tally.advance(1_000, null)).toMatchObject({
    ...{ settled: 1, outcomes: { placed: 1 }, waits: { begun: 2, served: 0 } },
    ...{ batches: { mean: 3, largest: 3 }, latencyMs: { p50: 5, p99: 5 } },
  });
  tally.advance(1_000, null);
  for (const event of [served, refused]) {
    tally.add([{ ...event, data: { ...event.data, wasWaiting: true } }]);
  }
  const after = tally.advance(1_000, null);
  expect(after).toMatchObject({
    ...{ settled: 1, outcomes: { placed: 2, wait_over: 1 }, waits: { begun: 2, served: 1 } },
    latencyMs: { p50: 5, p99: 5 },
  });
});

test('a message that is published again is counted once', () => {
  const tally = new EventTally();
  const message = [settledEvent(5), settledEvent(6)];
  for (const events of [message, [settledEvent(7)], message]) tally.add(events);
  expect(tally.advance(500, null)).toMatchObject({
    ...{ outcomes: { placed: 3 }, batches: { mean: 1.5, largest: 2 } },
  });
  tally.add(message);
  expect(tally.advance(500, null).outcomes).toEqual({ placed: 3 });
});

test('percentiles of the time to the outcome are exact to one percent', () => {
  const durations = fc.array(fc.integer({ min: -50, max: 4_000_000 }), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(durations, (milliseconds) => {
      const tally = new EventTally();
      for (const ms of milliseconds) tally.add([settledEvent(ms)]);
      const { latencyMs } = tally.advance(500, null);
      const sorted = milliseconds
        .map((ms) => Math.min(3_600_000, Math.max(1, ms)))
        .sort((first, second) => first - second);
      for (const [name, percent] of [
        ['p50', 50],
        ['p95', 95],
        ['p99', 99],
      ] as const) {
        const exact = sorted[Math.max(1, Math.round((percent / 100) * sorted.length)) - 1] ?? 0;
        const estimate = latencyMs?.[name] ?? 0;
        expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(Math.max(1, exact * 0.01));
      }
    }),
  );
});

test('the last ten refusals are kept, newest first, each once', () => {
  const tally = new EventTally();
  const events = Array.from({ length: 1_500 }, (_, index) => settledEvent(index, 'out_of_stock'));
  for (const event of events) tally.add([event]);
  const newest = events.at(-1);
  const again = {
    checkoutId: newest?.subjectId ?? '',
    at: new Date(newest?.at ?? 0),
    code: 'out_of_stock',
    variantId: 'var_1',
  };
  tally.addRefusals([again]);
  expect(tally.refusals.map(({ checkoutId }) => checkoutId)).toEqual(
    events
      .slice(-10)
      .reverse()
      .map(({ subjectId }) => subjectId),
  );
});
