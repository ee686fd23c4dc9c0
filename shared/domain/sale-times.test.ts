import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkOnSale,
  checkSaleTimes,
  findNextTime,
  hasShutOut,
  passTimes,
  type SaleTimes,
  type TimedProduct,
} from './sale-times.ts';

const NOW_MS = Date.parse('2026-05-05T05:05:00Z');
const at = (ms: number) => new Date(NOW_MS + ms);
const now = at(0);

describe('the times of a product', () => {
  test.each([
    [{}],
    [{ saleFrom: at(0) }],
    [{ saleUntil: at(0) }],
    [{ saleFrom: at(0), saleUntil: at(1) }],
    [{ publishAt: at(5), saleFrom: at(0) }],
  ])('%o are accepted', (times) => {
    expect(() => checkSaleTimes(times)).not.toThrow();
  });
  test.each([
    [{ saleFrom: at(1), saleUntil: at(1) }],
    [{ saleFrom: at(2), saleUntil: at(1) }],
    [{ publishAt: at(1), saleUntil: at(1) }],
  ])('%o are refused: the sale would end before it starts or is published', (times) => {
    const fields = [expect.objectContaining({ path: 'saleUntil' })];
    const refusal = { code: 'sale_ends_before_start', fields };
    expect(() => checkSaleTimes(times)).toThrow(expect.objectContaining(refusal));
  });
});

describe('a variant with times', () => {
  const variant = { variantId: 'var', saleFrom: at(0), saleUntil: at(10) };
  test.each([0, 1, 9])('can be bought %i ms after the start', (ms) => {
    expect(() => checkOnSale([variant], at(ms))).not.toThrow();
  });
  test('is refused a millisecond before the start, with the seconds to wait', () => {
    const extra = { variantId: 'var', saleFrom: at(0).toISOString() };
    expect(() => checkOnSale([variant], at(-1))).toThrow(
      expect.objectContaining({ code: 'not_on_sale_yet', extra: { ...extra, retryAfterS: 1 } }),
    );
    expect(() => checkOnSale([variant], at(-2_001))).toThrow(
      expect.objectContaining({ extra: { ...extra, retryAfterS: 3 } }),
    );
  });
  test('is refused when the sale has ended', () => {
    const extra = { variantId: 'var', saleUntil: at(10).toISOString() };
    const refusal = expect.objectContaining({ code: 'sale_over', extra });
    expect(() => checkOnSale([variant], at(10))).toThrow(refusal);
  });
});

describe('what happens automatically', () => {
  const product = (changes: Partial<TimedProduct>): TimedProduct => ({
    ...{ status: 'published', saleFrom: at(0), saleUntil: at(10), nextTimeAt: at(0) },
    ...changes,
  });
  test('a sale starts and ends once', () => {
    const started = passTimes(product({}), at(0));
    expect(started).toEqual({
      ...{ status: 'published', nextTimeAt: at(10), isStartUnsent: false },
      events: ['product.sale_started'],
    });
    expect(passTimes(product(started), at(9)).events).toEqual([]);
    const ended = passTimes(product(started), at(10));
    expect(ended).toMatchObject({ nextTimeAt: undefined, events: ['product.sale_ended'] });
    expect(passTimes(product(ended), at(11)).events).toEqual([]);
  });
  test('a draft is published at its time, before its sale starts', () => {
    const draft = product({ status: 'draft', publishAt: at(0), saleUntil: undefined });
    expect(passTimes(draft, at(-1))).toMatchObject({ status: 'draft', events: [] });
    expect(passTimes(draft, at(0))).toEqual({
      ...{ status: 'published', nextTimeAt: undefined, isStartUnsent: false },
      events: ['product.published', 'product.sale_started'],
    });
  });
  test('the sale of a draft starts once it is published', () => {
    const draft = product({ status: 'draft', publishAt: at(5) });
    const waiting = passTimes(draft, at(1));
    expect(waiting).toEqual({
      ...{ status: 'draft', events: [], nextTimeAt: at(5), isStartUnsent: true },
    });
    const started = passTimes({ ...draft, ...waiting }, at(5));
    expect(started).toEqual({
      ...{ status: 'published', nextTimeAt: at(10), isStartUnsent: false },
      events: ['product.published', 'product.sale_started'],
    });
    expect(passTimes({ ...draft, ...started }, at(10)).events).toEqual(['product.sale_ended']);
  });
  test('a sale that is over when its draft is published neither starts nor ends', () => {
    const draft = product({ status: 'draft', publishAt: at(5), isStartUnsent: true });
    expect(passTimes(draft, at(10))).toMatchObject({
      ...{ status: 'published', nextTimeAt: undefined, events: ['product.published'] },
    });
  });
});

describe('the next time', () => {
  const before: TimedProduct = { status: 'published', saleFrom: at(-10), saleUntil: at(10) };
  test('is the earliest time in the future', () => {
    expect(findNextTime(before, { ...before, nextTimeAt: at(10) }, now)).toEqual(at(10));
  });
  test('is a time that a change has set, even if it has passed', () => {
    expect(findNextTime({ ...before, saleFrom: at(-5) }, before, now)).toEqual(at(-5));
  });
  test('is a time that has passed and was not acted on', () => {
    expect(findNextTime(before, { ...before, nextTimeAt: at(-10) }, now)).toEqual(at(-10));
  });
  test('is the start of a sale that runs when its draft is published, unless it is over', () => {
    const draft = { ...before, status: 'draft', isStartUnsent: true, nextTimeAt: at(10) } as const;
    const published = { ...draft, status: 'published' } as const;
    expect(findNextTime(published, draft, now)).toEqual(at(-10));
    expect(findNextTime(published, draft, at(10))).toBeUndefined();
  });
  test('does not exist for a deleted product', () => {
    expect(findNextTime({ ...before, status: 'deleted' }, before, now)).toBeUndefined();
  });
});

describe('changed times shut out buyers', () => {
  const span = { from: at(0), until: at(10) };
  test.each([
    ['a first start', {}, { saleFrom: at(1) }],
    ['a start that is postponed', { saleFrom: at(10) }, { saleFrom: at(11) }],
    ['a first end', {}, { saleUntil: at(10) }],
    ['an end that comes earlier', { saleUntil: at(1) }, { saleUntil: at(-5) }],
  ])('by %s', (_, before, after) => {
    expect(hasShutOut(before, after, span)).toBe(true);
  });
  test.each([
    ['no change', { saleFrom: at(5), saleUntil: at(8) }, { saleFrom: at(5), saleUntil: at(8) }],
    ['an earlier start', { saleFrom: at(5) }, { saleFrom: at(4) }],
    ['a start that has passed', {}, { saleFrom: at(0) }],
    ['a postponed start that was far ahead', { saleFrom: at(11) }, { saleFrom: at(12) }],
    ['a later end', { saleUntil: at(5) }, { saleUntil: at(6) }],
    ['an end that is far ahead', {}, { saleUntil: at(11) }],
    ['another end in the past', { saleUntil: at(0) }, { saleUntil: at(-1) }],
    ['all times removed', { saleFrom: at(5), saleUntil: at(8) }, {}],
  ])('not by %s', (_, before, after) => {
    expect(hasShutOut(before, after, span)).toBe(false);
  });
  test('whenever a moment is within the earlier times and not within the new ones', () => {
    const time = fc.option(fc.integer({ min: -2, max: 12 }).map(at), { nil: undefined });
    const times = fc.record({ saleFrom: time, saleUntil: time });
    const admits = ({ saleFrom, saleUntil }: SaleTimes, moment: Date) =>
      (saleFrom === undefined || moment >= saleFrom) &&
      (saleUntil === undefined || moment < saleUntil);
    const moments = Array.from({ length: 11 }, (_, ms) => at(ms));
    fc.assert(
      fc.property(times, times, (before, after) => {
        const isShutOut = moments.some(
          (moment) => admits(before, moment) && !admits(after, moment),
        );
        // Waiting unnecessarily is allowed; admitting buyers without waiting is not.
        return !isShutOut || hasShutOut(before, after, span);
      }),
    );
  });
});
