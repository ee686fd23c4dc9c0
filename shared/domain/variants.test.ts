import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RefusedError } from './errors.ts';
import { type ComparedVariant, checkVariants, matchVariants } from './variants.ts';

const variant = (sku: string, currency = 'GBP') => ({ sku, currency });
const withOptions = (...optionsList: Record<string, string>[]) =>
  optionsList.map((options, index) => ({ ...variant(`S-${index}`), options }));

test('different SKUs in one currency are accepted', () => {
  expect(() => checkVariants([variant('A'), variant('a'), variant('B')])).not.toThrow();
});

test('variants that differ in a value of the same options are accepted', () => {
  const variants = withOptions(
    { size: 'M', colour: 'red' },
    { colour: 'blue', size: 'M' },
    { size: 'L', colour: 'red' },
  );
  expect(() => checkVariants(variants)).not.toThrow();
});

const REFUSED: readonly [string, readonly ComparedVariant[], string, string][] = [
  ['a repeated SKU', [variant('A'), variant('B'), variant('A')], 'duplicate_sku', 'variants.2.sku'],
  [
    'a second currency',
    [variant('A'), variant('B', 'EUR')],
    'currency_mismatch',
    'variants.1.currency',
  ],
  [
    'the same values',
    withOptions({ size: 'M' }, { size: 'L' }, { size: 'M' }),
    'overlapping_variants',
    'variants.2.options',
  ],
  [
    'the same values except for case and outer blanks',
    withOptions({ size: 'M', colour: 'Navy' }, { colour: ' NAVY ', size: 'm' }),
    'overlapping_variants',
    'variants.1.options',
  ],
  [
    'the same values in another Unicode form',
    withOptions({ colour: 'cr\u00e8me' }, { colour: 'cre\u0300me' }),
    'overlapping_variants',
    'variants.1.options',
  ],
  [
    'a misspelt option',
    withOptions({ colour: 'red' }, { colr: 'blue' }),
    'unknown_option',
    'variants.1.options.colr',
  ],
  [
    'a missing option',
    withOptions({ colour: 'red', size: 'M' }, { colour: 'blue' }),
    'unknown_option',
    'variants.1.options.size',
  ],
  [
    'options for the first variant only',
    [...withOptions({ size: 'M' }), variant('B')],
    'unknown_option',
    'variants.1.options.size',
  ],
  [
    'options for the last variant only',
    [variant('A'), variant('B'), ...withOptions({ size: 'M' })],
    'unknown_option',
    'variants.2.options.size',
  ],
];

test.each(REFUSED)('%s is refused, and the error names the field', (_, variants, code, path) => {
  expect(catchRefusal(() => checkVariants(variants))).toMatchObject({ code, fields: [{ path }] });
});

const NAMES = ['size', 'colour', 'wood'] as const;
const value = fc.constantFrom('s', 'S', ' s', 'm', 'l');
const options = fc.subarray([...NAMES]).chain((names) => {
  return fc.record(Object.fromEntries(names.map((name) => [name, value])));
});

test('variants are accepted if all have the same options and no two have the same values', () => {
  fc.assert(
    fc.property(fc.array(options, { minLength: 1, maxLength: 5 }), (list) => {
      const joinNames = (values: object) => Object.keys(values).sort().join();
      const joinValues = (values: Record<string, string>) =>
        NAMES.map((name) => values[name]?.trim().toLowerCase()).join();
      const areAlike = new Set(list.map(joinNames)).size === 1;
      const hasOptions = Object.keys(list[0] ?? {}).length > 0;
      const areApart = !hasOptions || new Set(list.map(joinValues)).size === list.length;
      const refusal = catchRefusal(() => checkVariants(withOptions(...list)));
      // If options are missing and values are repeated, the first fault is named.
      if (areAlike) expect(refusal?.code).toBe(areApart ? undefined : 'overlapping_variants');
      else expect(['unknown_option', 'overlapping_variants']).toContain(refusal?.code);
    }),
    { numRuns: 2_000 },
  );
});

const present = [
  { id: 'v1', sku: 'A' },
  { id: 'v2', sku: 'B' },
  { id: 'v3', sku: 'C' },
];

test.each([
  ['by SKU', [{ sku: 'C' }, { sku: 'A' }], ['v3', 'v1'], ['v2']],
  ['by id, under another SKU', [{ id: 'v1', sku: 'Z' }], ['v1'], ['v2', 'v3']],
  ['by SKU, next to a new variant', [{ sku: 'A' }, { sku: 'N' }], ['v1', undefined], ['v2', 'v3']],
  [
    'by id, next to a new variant with the earlier SKU',
    [{ sku: 'A' }, { id: 'v1', sku: 'Z' }],
    [undefined, 'v1'],
    ['v2', 'v3'],
  ],
  [
    'by id, if two exchange their SKUs',
    [
      { id: 'v1', sku: 'B' },
      { id: 'v2', sku: 'A' },
    ],
    ['v1', 'v2'],
    ['v3'],
  ],
])('variants are matched %s', (_, given, kept, removed) => {
  expect(matchVariants(present, given)).toEqual({ kept, removed });
});

test.each([
  ['of no variant', [{ id: 'v9', sku: 'A' }], 'unknown_variant', 'variants.0.id'],
  [
    'named twice',
    [
      { id: 'v1', sku: 'A' },
      { id: 'v1', sku: 'B' },
    ],
    'invalid_request',
    'variants.1.id',
  ],
])('an id %s is refused, and the error names the field', (_, given, code, path) => {
  const refusal = catchRefusal(() => matchVariants(present, given));
  expect(refusal).toMatchObject({ code, fields: [{ path }] });
});

test('every variant is either kept once or removed, and only current variants are kept', () => {
  const sku = fc.constantFrom('A', 'B', 'C', 'D', 'E');
  const id = fc.option(fc.constantFrom('v1', 'v2', 'v3'), { nil: undefined });
  const list = fc.uniqueArray(fc.record({ id, sku }), { selector: (item) => item.sku });
  fc.assert(
    fc.property(list, (newList) => {
      const ids = newList.flatMap((item) => item.id ?? []);
      fc.pre(new Set(ids).size === ids.length);
      const { kept, removed } = matchVariants(present, newList);
      expect(kept).toHaveLength(newList.length);
      const matched = [...kept.filter((keptId) => keptId !== undefined), ...removed];
      expect(matched.sort()).toEqual(['v1', 'v2', 'v3']);
    }),
    { numRuns: 1_000 },
  );
});

function catchRefusal(act: () => void): RefusedError | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
  return undefined;
}
