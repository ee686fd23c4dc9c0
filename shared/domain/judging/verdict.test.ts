import { describe, expect, test } from 'vitest';
import { CheckoutTally } from './checkout-tally.ts';
import { type FindingTotals, toVerdict } from './verdict.ts';

const NONE: FindingTotals = { oversold: 0, undersold: 0, inversions: 0 };

const at = new Date('2030-01-01T00:00:00.000Z');

function verdict(findings: Partial<FindingTotals> = {}, drained = true, drift = 0) {
  const tally = new CheckoutTally();
  tally.add({ id: 'c1', status: 'placed', shopIds: ['s'], orderShopIds: ['s'] });
  if (!drained) tally.add({ id: 'c2', status: 'queued', shopIds: ['s'], orderShopIds: [] });
  const variants = { ...NONE, ...findings };
  const { counts: checkouts } = tally;
  return toVerdict({ window: {}, at, drained, checkouts, unitsPlaced: 3, variants, drift });
}

test('the verdict on a consistent record is ok and contains its counts', () => {
  expect(verdict()).toEqual({
    window: { from: null, to: null },
    at: '2030-01-01T00:00:00.000Z',
    accepted: 1,
    placed: 1,
    rejected: 0,
    failed: 0,
    pending: 0,
    waiting: 0,
    unitsPlaced: 3,
    oversold: 0,
    undersold: 0,
    lost: 0,
    duplicated: 0,
    drift: 0,
    inversions: 0,
    ok: true,
  });
});

describe('ok', () => {
  test.each(['oversold', 'undersold'] as const)('is false with any %s', (name) => {
    expect(verdict({ [name]: 1 })).toMatchObject({ [name]: 1, ok: false });
  });
  test('is false with any drift', () => {
    expect(verdict({}, true, 1)).toMatchObject({ drift: 1, ok: false });
  });
  test('does not depend on inversions', () => {
    expect(verdict({ inversions: 9 })).toMatchObject({ inversions: 9, ok: true });
  });
});

test('a queued checkout is pending until the queue had time to drain, and then lost', () => {
  expect(verdict({}, false)).toMatchObject({ pending: 1, lost: 0, ok: true });
  const tally = new CheckoutTally();
  tally.add({ id: 'c', status: 'queued', shopIds: ['s'], orderShopIds: [] });
  const evidence = {
    window: { from: at },
    at,
    unitsPlaced: 0,
    variants: NONE,
    drift: 0,
  };
  expect(toVerdict({ ...evidence, drained: true, checkouts: tally.counts })).toMatchObject({
    window: { from: '2030-01-01T00:00:00.000Z', to: null },
    pending: 0,
    lost: 1,
    ok: false,
  });
});

test('a waiting checkout has no outcome, and is not lost when the queue has drained', () => {
  const tally = new CheckoutTally();
  tally.add({ id: 'c', status: 'waiting', shopIds: ['s'], orderShopIds: [] });
  const evidence = { window: {}, at, unitsPlaced: 0, variants: NONE, drift: 0 };
  for (const drained of [true, false]) {
    expect(toVerdict({ ...evidence, drained, checkouts: tally.counts })).toMatchObject({
      ...{ accepted: 1, waiting: 1, pending: 0, lost: 0, ok: true },
    });
  }
});
