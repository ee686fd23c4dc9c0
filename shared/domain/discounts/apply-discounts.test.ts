import { expect, test } from 'vitest';
import { applyDiscounts, type DiscountInput, failedCodes } from './apply-discounts.ts';
import type { DiscountTerms } from './terms.ts';
import { createTerms, NOW, toPricedLine } from './testing/terms-builder.ts';

/** Applies the codes of these terms, in their order, unless `changes` contains other codes. */
function apply(terms: readonly DiscountTerms[], changes: Partial<DiscountInput> = {}) {
  const codes = terms.map(({ code }) => code);
  const lines = [toPricedLine()];
  const input = { lines, terms, codes, cancelled: [], currency: 'GBP', at: NOW };
  return applyDiscounts({ ...input, ...changes });
}

const listAmounts = (outcome: ReturnType<typeof apply>) =>
  outcome.applied.map(({ code, amount }) => [code, amount]);
const listReasons = (outcome: ReturnType<typeof apply>) =>
  outcome.refused.map(({ code, reason }) => [code, reason]);
const listDiscounts = (outcome: ReturnType<typeof apply>) =>
  outcome.lines.map(({ discount }) => discount);

test('a discount is divided among the lines, and the parts add up to the discount', () => {
  const lines = [
    toPricedLine({ unitPrice: 333 }),
    toPricedLine({ unitPrice: 333 }),
    toPricedLine({ unitPrice: 334 }),
  ];
  const terms = createTerms({ value: 10 });
  const outcome = apply([terms], { lines });
  expect(outcome.applied).toEqual([
    { discountId: terms.id, shopId: 'shp_A', code: terms.code, amount: 100 },
  ]);
  expect(listDiscounts(outcome)).toEqual([33, 33, 34]);
  expect(outcome.refused).toEqual([]);
});

test('a line without a reduction has no discount', () => {
  const outcome = apply([createTerms()], {
    lines: [toPricedLine({ unitPrice: 0 }), toPricedLine()],
  });
  expect(outcome.lines.map((line) => 'discount' in line)).toEqual([false, true]);
});

test('codes are equal despite case, blanks around them and wide letters, and count once', () => {
  const terms = createTerms({ code: 'Éte-10' });
  const codes = [' éTE-10 ', 'ÉTE-10', 'ｅ\u0301te-10'];
  expect(listAmounts(apply([terms], { codes }))).toEqual([['Éte-10', 100]]);
});

test.each<[string, Partial<DiscountTerms>, number]>([
  ['a discount is valid at its first moment', { startsAt: NOW }, 1],
  ['a discount is not valid just before its start', { startsAt: new Date(NOW.getTime() + 1) }, 0],
  ['a discount is valid in its last moment', { endsAt: new Date(NOW.getTime() + 1) }, 1],
  ['a discount is not valid at its end', { endsAt: NOW }, 0],
])('%s', (_, changes, applied) => {
  expect(apply([createTerms(changes)]).applied).toHaveLength(applied);
});

test.each<[string, Partial<DiscountTerms>, Partial<DiscountInput>]>([
  ['unknown_code', {}, { codes: ['OTHER'] }],
  ['not_started', { startsAt: new Date('2026-06-16T00:00:00Z') }, {}],
  ['ended', { endsAt: new Date('2026-06-15T00:00:00Z') }, {}],
  ['cancelled', {}, { terms: [], cancelled: [{ shopId: 'shp_A', codeKey: 'CODE' }] }],
  ['other_currency', { currency: 'EUR' }, {}],
  ['no_eligible_lines', { productIds: ['prd_other'] }, {}],
  ['minimum_not_reached', { minimumSubtotal: 1_001 }, {}],
  ['takes_nothing_off', { value: 0.01 }, { lines: [toPricedLine({ unitPrice: 1 })] }],
  ['takes_nothing_off', { kind: 'fixed', value: 5 }, { lines: [toPricedLine({ unitPrice: 0 })] }],
])('the refusal has the reason %s', (reason, changes, input) => {
  const outcome = apply([createTerms({ ...changes, code: 'CODE' })], { codes: ['CODE'], ...input });
  expect(outcome.applied).toEqual([]);
  expect(outcome.lines.every((line) => !('discount' in line))).toBe(true);
  expect(outcome.refused).toMatchObject([{ code: expect.any(String), reason }]);
  expect(failedCodes(outcome)).toEqual(outcome.refused);
});

test('only lines of the discount’s products count, for the amount and for the minimum', () => {
  const [shirt, sock] = [toPricedLine({ unitPrice: 2_000 }), toPricedLine({ unitPrice: 500 })];
  const onShirt = { productIds: [shirt.productId], value: 50 };
  const outcome = apply([createTerms(onShirt)], { lines: [sock, shirt] });
  expect(listDiscounts(outcome)).toEqual([undefined, 1_000]);
  const terms = createTerms({ ...onShirt, minimumSubtotal: 2_001 });
  expect(listReasons(apply([terms], { lines: [sock, shirt] }))).toEqual([
    [terms.code, 'minimum_not_reached'],
  ]);
});

test('only the discount that takes most off is used; others get another_is_better', () => {
  const [ten, five] = [createTerms({ value: 10 }), createTerms({ kind: 'fixed', value: 500 })];
  const outcome = apply([ten, five]);
  expect(listAmounts(outcome)).toEqual([[five.code, 500]]);
  expect(listReasons(outcome)).toEqual([[ten.code, 'another_is_better']]);
  expect(failedCodes(outcome)).toEqual([]);
});

test('of two equal discounts, the one whose code was typed first is used', () => {
  const terms = [
    createTerms({ code: 'ONE' }),
    createTerms({ code: 'OTHER', kind: 'fixed', value: 100 }),
  ];
  for (const codes of [
    ['ONE', 'OTHER'],
    ['OTHER', 'ONE'],
  ]) {
    expect(listAmounts(apply(terms, { codes }))).toEqual([[codes[0], 100]]);
  }
});

test.each([
  [5_000, 8.29, 415],
  [3_000, 1.15, 35],
  [50, 1, 1],
])('of %s, %s per cent is rounded half up to %s', (unitPrice, value, amount) => {
  const outcome = apply([createTerms({ value })], { lines: [toPricedLine({ unitPrice })] });
  expect(outcome.applied).toMatchObject([{ amount }]);
});

test('equal percentages are combined in the order of their codes, even if one is capped', () => {
  const half = { value: 50, isCombinable: true };
  const terms = [
    createTerms({ ...half, code: 'A', maximumDiscount: 100 }),
    createTerms({ ...half, code: 'B' }),
  ];
  for (const codes of [
    ['A', 'B'],
    ['B', 'A'],
  ]) {
    const off = new Map(apply(terms, { codes }).applied.map(({ code, amount }) => [code, amount]));
    expect([off.get('A'), off.get('B')]).toEqual([100, 450]);
  }
});

test('a line never gets more discount than earlier discounts have left of its price', () => {
  const [nearly, other] = [toPricedLine({ unitPrice: 100 }), toPricedLine({ unitPrice: 100 })];
  const ninety = createTerms({ value: 90, productIds: [nearly.productId], isCombinable: true });
  const fixed = createTerms({ kind: 'fixed', value: 100, isCombinable: true });
  const outcome = apply([ninety, fixed], { lines: [nearly, other] });
  expect(listAmounts(outcome)).toEqual([
    [ninety.code, 90],
    [fixed.code, 100],
  ]);
  // The lines have 10 and 100 left, so their shares of 100 are 9.09 and 90.91.
  expect(listDiscounts(outcome)).toEqual([99, 91]);
});

test('combinable discounts are used together: first percentages, then fixed amounts', () => {
  const fixed = createTerms({ kind: 'fixed', value: 100, isCombinable: true });
  const ten = createTerms({ value: 10, isCombinable: true });
  const half = createTerms({ value: 50, isCombinable: true });
  // 1,000 less 50 % is 500, less 10 % of 500 is 450, less 100 is 350.
  expect(listAmounts(apply([fixed, ten, half]))).toEqual([
    [fixed.code, 100],
    [ten.code, 50],
    [half.code, 500],
  ]);
});

test('a discount that is not combinable is never used with another', () => {
  const alone = createTerms({ value: 14 });
  const [ten, five] = [10, 5].map((value) => createTerms({ value, isCombinable: true }));
  if (ten === undefined || five === undefined) throw new Error('two discounts were created');
  // 10 % and 5 % of the rest are 145, a little more than 14 %.
  const outcome = apply([alone, ten, five]);
  expect(listAmounts(outcome)).toEqual([
    [ten.code, 100],
    [five.code, 45],
  ]);
  expect(listReasons(outcome)).toEqual([[alone.code, 'another_is_better']]);
  const better = createTerms({ value: 15 });
  expect(listAmounts(apply([ten, better, five]))).toEqual([[better.code, 150]]);
});

test('a discount is not used if other discounts leave nothing to take off', () => {
  const full = createTerms({ value: 100, isCombinable: true });
  const more = createTerms({ kind: 'fixed', value: 100, isCombinable: true });
  const outcome = apply([more, full]);
  expect(listAmounts(outcome)).toEqual([[full.code, 1_000]]);
  expect(listReasons(outcome)).toEqual([[more.code, 'another_is_better']]);
});

test('a code is used in every shop that has it, and never on lines of other shops', () => {
  const [inA, inB] = [
    createTerms({ code: 'SUMMER' }),
    createTerms({ code: 'summer', shopId: 'shp_B' }),
  ];
  const lines = ['shp_A', 'shp_B', 'shp_C'].map((shopId) => toPricedLine({ shopId }));
  const outcome = apply([inA, { ...inB, value: 50 }], { lines, codes: ['Summer'] });
  expect(outcome.applied.map(({ shopId, code, amount }) => [shopId, code, amount])).toEqual([
    ['shp_A', 'SUMMER', 100],
    ['shp_B', 'summer', 500],
  ]);
  expect(listDiscounts(outcome)).toEqual([100, 500, undefined]);
  expect(outcome.refused).toEqual([]);
});

test('a code that applies in one shop has not failed, although another shop refuses it', () => {
  const inA = createTerms({ code: 'SUMMER' });
  const inB = createTerms({ code: 'SUMMER', shopId: 'shp_B', endsAt: NOW });
  const lines = [toPricedLine(), toPricedLine({ shopId: 'shp_B' })];
  const outcome = apply([inA, inB], { lines, codes: ['SUMMER'] });
  expect(listAmounts(outcome)).toEqual([['SUMMER', 100]]);
  expect(outcome.refused).toEqual([{ code: 'SUMMER', shopId: 'shp_B', reason: 'ended' }]);
  expect(failedCodes(outcome)).toEqual([]);
});

test('a code that is cancelled in one shop and valid in another is used, and both are reported', () => {
  const inB = createTerms({ code: 'SUMMER', shopId: 'shp_B' });
  const lines = [toPricedLine(), toPricedLine({ shopId: 'shp_B' })];
  const cancelled = [{ shopId: 'shp_A', codeKey: 'SUMMER' }];
  const outcome = apply([inB], { lines, cancelled, codes: ['Summer'] });
  expect(listAmounts(outcome)).toEqual([['SUMMER', 100]]);
  expect(outcome.refused).toEqual([{ code: 'Summer', shopId: 'shp_A', reason: 'cancelled' }]);
  expect(failedCodes(outcome)).toEqual([]);
});

test('codes that apply in no shop are listed as failed, each once, in the order typed', () => {
  const [good, ended] = [createTerms(), createTerms({ code: 'OLD', endsAt: NOW })];
  const later = createTerms({
    code: 'OLD',
    shopId: 'shp_B',
    startsAt: ended.endsAt,
    currency: 'EUR',
  });
  const lines = [toPricedLine(), toPricedLine({ shopId: 'shp_B' })];
  const codes = [good.code, 'NO-SUCH', 'old'];
  const outcome = apply([good, ended, later], { lines, codes });
  expect(listReasons(outcome)).toEqual([
    ['NO-SUCH', 'unknown_code'],
    ['OLD', 'ended'],
    ['OLD', 'other_currency'],
  ]);
  expect(failedCodes(outcome)).toEqual([
    { code: 'NO-SUCH', reason: 'unknown_code' },
    { code: 'OLD', shopId: 'shp_A', reason: 'ended' },
  ]);
});
