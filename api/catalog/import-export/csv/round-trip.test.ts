import fc from 'fast-check';
import { expect, test } from 'vitest';
import { humanText, longText } from '../../../../shared/contract/text.ts';
import { validate } from '../../../http/validate.ts';
import { type ProductRequest, productRequest } from '../../schemas.ts';
import type { Parsed } from '../read/candidate.ts';
import { readProducts } from '../read/read-products.ts';
import { guard, unguard } from './formula-guard.ts';
import { CsvWriter } from './write-csv.ts';
import type { CsvStyle } from './write-row.ts';

const RUNS = 300;
const WORD_LENGTH_MAX = 50;
const DESCRIPTION_LENGTH_MAX = 1_000;

/** Texts with characters that are special in CSV or in spreadsheets. */
const specialText = fc.oneof(
  fc.constantFrom(
    '=1+1',
    '+1',
    '-1',
    '@a',
    "'",
    "'=",
    '\t',
    '\r',
    '\n',
    '\r\n',
    '"',
    '""',
    ',',
    ';',
    '|',
    ' ',
    '.',
  ),
  fc.constantFrom(
    '＝',
    '；',
    '→',
    '\ufeff',
    '\u2028',
    '\u0001',
    'é',
    '本',
    '👩‍👧',
    '{"a":1}',
    'true',
    '12',
    '[]',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const text = fc.array(specialText, { maxLength: 6 }).map((parts) => parts.join(''));
const validText = text.filter((value) => longText(DESCRIPTION_LENGTH_MAX).safeParse(value).success);
const word = text
  .map((value) => humanText(WORD_LENGTH_MAX).safeParse(value.slice(0, WORD_LENGTH_MAX)).data ?? '')
  .filter((value) => value !== '');
const notEmpty = (texts: fc.Arbitrary<string>) => texts.filter((value) => value !== '');
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const price = fc.integer({ min: 0, max: 1_000 });

const attributesByType: Record<string, fc.Arbitrary<Record<string, unknown>>> = {
  clothing: fc.record({ brand: optional(word), fit: optional(fc.constantFrom('slim', 'loose')) }),
  electronics: fc.record({
    model: optional(word),
    powerWatts: optional(fc.integer({ min: 0, max: 50 })),
    connectors: optional(fc.array(word, { maxLength: 3 })),
  }),
  furniture: fc.record({ room: optional(word), needsAssembly: optional(fc.boolean()) }),
  // Other types write the first two names in another letter case; a general product keeps this one.
  general: fc.record({
    Brand: optional(word),
    widthMM: optional(word),
    'Länge, cm': optional(word),
  }),
};

const metadata = fc.dictionary(
  fc.constantFrom('erp_id', 'a:b', '7', 'constructor'),
  notEmpty(validText),
  {
    minKeys: 1,
  },
);
const tags = fc.uniqueArray(fc.constantFrom('new', 'Été 2026', '-5 %', '=sale', '新着'), {
  minLength: 1,
});
const medium = fc.record(
  {
    url: fc.constantFrom('https://a.example/1.jpg', 'https://a.example/=2;3,4|5?x="\''),
    alt: word,
  },
  { requiredKeys: ['url'] },
);
const media = fc.uniqueArray(medium, { minLength: 1, maxLength: 2, selector: ({ url }) => url });
const time = fc.constantFrom('2026-11-28T09:00:00.000Z', '2030-01-01T00:00:00.001Z');

const variant = fc
  .record({
    title: optional(word),
    price,
    more: optional(fc.integer({ min: 1, max: 100 })),
    colour: word,
    min: optional(fc.integer({ min: 1, max: 9 })),
    limit: optional(fc.integer({ min: 9, max: 20 })),
    days: optional(fc.integer({ min: 1, max: 30 })),
    metadata: optional(metadata),
  })
  .map(({ more, colour, min, limit, days, ...rest }) => ({
    ...rest,
    currency: 'GBP',
    options: { colour },
    ...(more !== undefined && { compareAtPrice: rest.price + more }),
    ...(min !== undefined && { quantityRule: { min } }),
    ...(limit !== undefined && {
      purchaseLimit: { quantity: limit, ...(days !== undefined && { days }) },
    }),
  }));

const product = fc
  .constantFrom('clothing', 'electronics', 'furniture', 'general')
  .chain((type) =>
    fc.record({
      type: fc.constant(type),
      title: word,
      description: optional(notEmpty(validText)),
      attributes: optional((attributesByType[type] ?? fc.constant({})).filter(isNotEmpty)),
      variants: fc.array(variant, { minLength: 1, maxLength: 4 }),
      publishAt: optional(time),
      saleUntil: optional(time),
      tags: optional(tags),
      media: optional(media),
      metadata: optional(metadata),
    }),
  )
  .map((request) => dropUndefined(request));

function isNotEmpty(attributes: Record<string, unknown>): boolean {
  return Object.values(attributes).some((value) => value !== undefined);
}

/** Drops undefined fields as JSON does, and adds a SKU to each variant. */
function dropUndefined(request: { variants: readonly object[] }) {
  const variants = request.variants.map((fields, index) => ({ ...fields, sku: `=SKU-${index}` }));
  return JSON.parse(JSON.stringify({ ...request, variants }));
}

async function readAll(file: string, cuts: readonly number[]): Promise<Parsed[]> {
  const bytes = Buffer.from(file);
  async function* chunks() {
    let from = 0;
    for (const cut of cuts) {
      yield bytes.subarray(from, from + cut);
      from += cut;
    }
    yield bytes.subarray(from);
  }
  const products: Parsed[] = [];
  for await (const parsed of readProducts('text/csv', chunks())) products.push(parsed);
  return products;
}

function columnsFor(products: readonly ProductRequest[]): string[] {
  const names = products.flatMap(({ attributes = {} }) => Object.keys(attributes));
  return ['options.colour', ...new Set(names.map((name) => `attributes.${name}`))];
}

test('written rows are read back, however their bytes are split', async () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 20 });
  const run = async (requests: unknown[], sizes: number[], style: CsvStyle) => {
    const products = requests.map((request) => validate(productRequest, request));
    const writer = new CsvWriter(columnsFor(products), style);
    const rows = products.map((request, index) => writer.product(`key-${index}`, request));
    const readBack = await readAll(writer.header() + rows.join(''), sizes);
    const read = readBack.map((parsed) => {
      if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
      return validate(productRequest, parsed.value);
    });
    expect(read).toEqual(products);
  };
  const styles = fc.record({ delimiter: fc.constantFrom(',', ';', '\t', '|'), bom: fc.boolean() });
  const property = fc.asyncProperty(fc.array(product, { maxLength: 4 }), cuts, styles, run);
  await fc.assert(property, { numRuns: RUNS });
});

/** A field as a program reads it: without the quotes and blanks at its start. */
const fragment = (field: string) => field.replace(/^["\u00a0 ]+/, '');

test.each([
  ',',
  ';',
  '\t',
  '|',
  '\n',
  '\r\n',
  '\r',
  '\v',
  '\u2028',
  '；',
  '→',
  ' ',
  ':',
  '~',
  '^',
  '/',
])(
  'split at %j, a guarded text has no part that begins like a formula, and it is read back unchanged',
  (separator) => {
    fc.assert(
      fc.property(text, (value) => {
        const guarded = guard(value);
        for (const field of guarded.split(separator)) {
          const cell = field.replace(/^"+/, '');
          // A sign alone is harmless, and common between blanks.
          if (/^[=+\-@＝＋－＠](?:\s|$)/.test(cell)) continue;
          expect(cell).not.toMatch(/^[=+\-@＝＋－＠]/);
        }
        if (',;\t|\n'.includes(separator)) {
          for (const field of guarded.split(separator)) {
            expect(fragment(field)).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
          }
        }
        expect(unguard(guarded)).toBe(value);
      }),
      { numRuns: RUNS },
    );
  },
);

test.each([
  ['Mug;=1+1', "'Mug;'=1+1"],
  ['Mug;"=1+1"', '\'Mug;"\'=1+1"'],
  ['Mug\t@A1', "'Mug\t'@A1"],
  ['Line\n-1+HYPERLINK("x")', '\'Line\n\'-1+HYPERLINK("x")'],
  ['Flask -10 °C', "'Flask '-10 °C"],
  ['Mug；=1+1', "'Mug；'=1+1"],
  ['Mug\u2028＝1+1', "'Mug\u2028'＝1+1"],
  ['Mug→＋1', "'Mug→'＋1"],
  ['-10', "'-10"],
  ['Mug - blue', 'Mug - blue'],
  ['C++ a-b x@y.z https://x/?a=b', 'C++ a-b x@y.z https://x/?a=b'],
])('%j is written as %j', (value, written) => {
  expect(guard(value)).toBe(written);
  expect(unguard(written)).toBe(value);
});

test.each(["Fits '+' and '-' terminals", "'tis 5 o'clock; 'ta", "Rock 'n' roll, '=' sign"])(
  '%j from another program is read without changes',
  (cell) => expect(unguard(cell)).toBe(cell),
);

test('an apostrophe that guards nothing is an ordinary character', () => {
  expect(guard("'tis")).toBe("'tis");
  expect(unguard("'tis")).toBe("'tis");
  expect(unguard("'=1+1")).toBe('=1+1');
});

test('an option that was added after the columns were written is an error', () => {
  const request = validate(productRequest, {
    title: 'A',
    type: 'furniture',
    variants: [{ sku: 'A', price: 1, currency: 'GBP', options: { size: 'M' } }],
  });
  expect(() => new CsvWriter(['options.colour']).product('a', request)).toThrow(/has gained/);
});
