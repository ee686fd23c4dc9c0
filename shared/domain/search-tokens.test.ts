import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFoundBy, OPERATORS_SCOPE, parseSearch, toOutcome, toTokens } from './search-tokens.ts';

const terms = {
  ids: ['ord_01A'],
  values: ['Bob'],
  commonValues: ['TEE  S'],
  outcome: 'pending',
  shopIds: ['shp_1'],
  facts: { status: ['pending'] },
};

function matches(tokens: readonly string[], text: string, scope: string): boolean {
  return isFoundBy(parseSearch(text, scope, ['pending', 'rejected:out_of_stock']), tokens);
}

describe('the tokens of a subject', () => {
  test('are its ids, its values for each scope, and its facts', () => {
    expect(toTokens(terms).toSorted()).toEqual(
      [
        '#ord_01a',
        ...['*/bob', '*/tee s\npending', '*/tee\npending', '*/s\npending'],
        ...['shp_1/bob', 'shp_1/tee s', 'shp_1/tee', 'shp_1/s'],
        '=status:pending',
      ].toSorted(),
    );
  });

  test('contain no empty values', () => {
    expect(toTokens({ ...terms, values: ['', '  '], commonValues: [''] })).toEqual([
      '#ord_01a',
      '=status:pending',
    ]);
  });
});

describe('a query', () => {
  const tokens = toTokens(terms);

  test.each(['442079460958', '+442079460958', '+4420*'])(
    'finds a phone number by its digits: %s',
    (text) => {
      const phoneTokens = toTokens({ ...terms, values: ['442079460958'] });
      expect(matches(phoneTokens, text, OPERATORS_SCOPE)).toBe(true);
      expect(matches(tokens, text, OPERATORS_SCOPE)).toBe(false);
    },
  );

  test.each([
    ['an id in any case', 'ORD_01a', true],
    ['a value in any case and width', 'ＢＯＢ', true],
    ['a value with other blanks', ' tee s ', true],
    ['words of several values', 's bob', true],
    ['a word that is missing', 'bob alice', false],
    ['a part of a value', 'bo', false],
    ['the beginning of a value', 'bo*', true],
    ['a fact', '=status:pending', false],
  ])('finds %s (%s): %s', (_name, text, isFound) => {
    expect(matches(tokens, text, 'shp_1')).toBe(isFound);
  });

  test('finds the beginning of an id only for operators', () => {
    expect(matches(tokens, 'ord_0*', 'shp_1')).toBe(false);
    expect(matches(tokens, 'ord_0*', OPERATORS_SCOPE)).toBe(true);
  });

  test('finds common values only with a requested outcome or by a prefix', () => {
    const find = (text: string, ...outcomes: string[]) =>
      isFoundBy(parseSearch(text, OPERATORS_SCOPE, outcomes), tokens);
    expect(find('tee s', 'pending')).toBe(true);
    expect(find('tee s', toOutcome('rejected', 'out_of_stock'))).toBe(false);
    expect(find('tee*')).toBe(true);
  });

  test('finds values of its own scope only', () => {
    expect(matches(tokens, 'bob', 'shp_2')).toBe(false);
    expect(matches(tokens, 'bob', OPERATORS_SCOPE)).toBe(true);
    expect(matches(tokens, 'ord_01A', 'shp_2')).toBe(true);
    expect(matches(tokens, 'shp_1/bob', 'shp_2')).toBe(false);
    expect(matches(tokens, '/bob*', 'shp_2')).toBe(false);
  });

  test('finds every value in its own shop only, whatever characters the value has', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        fc.pre(/\S/.test(value.normalize('NFKC')) && !value.endsWith('*'));
        const valueTokens = toTokens({ ...terms, values: [], commonValues: [value] });
        expect(matches(valueTokens, value, 'shp_1')).toBe(true);
        expect(matches(valueTokens, value.toUpperCase().toLowerCase(), 'shp_2')).toBe(false);
      }),
    );
  });
});
