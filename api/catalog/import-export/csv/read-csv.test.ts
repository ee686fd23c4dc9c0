import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VARIANTS_PER_PRODUCT_MAX } from '../../../../shared/contract/limits.ts';
import type { Parsed, RefusedRows } from '../read/candidate.ts';
import { LineCutter } from '../read/text-lines.ts';
import { CsvReader } from './read-csv.ts';

const HEADER = 'product,title,type,sku,price,currency';

function read(...lines: string[]): Parsed[] {
  const cutter = new LineCutter();
  const reader = new CsvReader();
  const bytes = Buffer.from([HEADER, ...lines].join('\n'));
  const parsed = [...cutter.push(bytes), ...cutter.end()].flatMap((line) => reader.push(line));
  return [...parsed, ...reader.end()];
}

/** Lists the line and SKUs of each product, or the lines and codes of its faults. */
function summarize(...lines: string[]): unknown[] {
  return read(...lines).map((parsed) => {
    if ('faults' in parsed) return parsed.faults.map(({ line, code }) => `${line} ${code}`);
    const { variants } = parsed.value as { variants: { sku: string }[] };
    return `${parsed.line}: ${variants.map(({ sku }) => sku).join(' ')}`;
  });
}

test('each row without a key is a separate product', () => {
  expect(summarize(',A,t,1,1,GBP', ',B,t,2,1,GBP', 'k,C,t,3,1,GBP', 'k,,,4,1,GBP')).toEqual([
    '2: 1',
    '3: 2',
    '4: 3 4',
  ]);
});

test('if the rows of a key are not consecutive, the later rows are refused', () => {
  const rows = ['k,A,t,1,1,GBP', 'j,B,t,2,1,GBP', 'k,A,t,3,1,GBP', 'k,,,4,1,GBP', 'i,C,t,5,1,GBP'];
  expect(summarize(...rows)).toEqual(['2: 1', '3: 2', ['4 invalid_request'], '6: 5']);
  const refused = read(...rows)[2];
  expect(refused).toMatchObject({
    faults: [{ path: 'product', message: expect.stringContaining('line 2') }],
  });
});

test('a product with an unreadable row is refused', () => {
  expect(summarize('k,A,t,1,1,GBP', 'k,,', 'k,,,3,1,GBP', 'j,B,t,4,1,GBP')).toEqual([
    ['3 malformed_csv'],
    '5: 4',
  ]);
});

test('a product next to an unreadable row is refused if the row may belong to it', () => {
  expect(summarize('k,A,t,1,1,GBP', '"', '"x', 'j,B,t,4,1,GBP', 'i,C,t,5,1,GBP')).toEqual([
    ['2 malformed_csv'],
    ['3 malformed_csv'],
    ['4 malformed_csv'],
    ['5 malformed_csv'],
    '6: 5',
  ]);
  expect(summarize(',A,t,1,1,GBP', '"', '"x', ',B,t,4,1,GBP')).toEqual([
    '2: 1',
    ['3 malformed_csv'],
    ['4 malformed_csv'],
    '5: 4',
  ]);
});

test('a row with too many cells belongs to the product of its key', () => {
  const bad = (key: string) => `${key},A,t,1,1,GBP,x`;
  const between = (key: string) =>
    summarize('k,A,t,1,1,GBP', bad(key), 'j,B,t,4,1,GBP', 'j,,,5,1,GBP');
  expect(between('')).toEqual(['2: 1', ['3 malformed_csv'], '4: 4 5']);
  expect(between('k')).toEqual([['2 malformed_csv'], ['3 malformed_csv'], '4: 4 5']);
  expect(between('j')).toEqual(['2: 1', ['3 malformed_csv'], ['4 malformed_csv']]);
  expect(summarize('k,A,t,1,1,GBP', bad('k'))).toEqual([['2 malformed_csv'], ['3 malformed_csv']]);
  expect(summarize(bad('k'), 'j,B,t,4,1,GBP', 'k,C,t,5,1,GBP')).toEqual([
    ['2 malformed_csv'],
    '3: 4',
    ['4 invalid_request'],
  ]);
});

test('empty lines are skipped, but counted in line numbers', () => {
  expect(summarize('', '\r', ',A,t,1,1,GBP\r', '', ',B,t,2,1,none')).toEqual(['4: 1', '6: 2']);
});

test('of a product with too many rows, only one row more than the maximum is kept', () => {
  const rows = Array.from({ length: 5_000 }, (_, index) => `k,A,t,${index},1,GBP`);
  const [product] = read(...rows);
  const { variants } = (product as { value: { variants: unknown[] } }).value;
  expect(variants).toHaveLength(VARIANTS_PER_PRODUCT_MAX + 1);
});

test('of a product with too many rows, only the rows that are kept add faults', () => {
  const rows = Array.from({ length: 5_000 }, (_, index) => `k,Title ${index},t,${index},1,GBP`);
  const [product, ...others] = read(...rows);
  const { faults, rows: refused } = product as RefusedRows;
  // The first row has no fault: the others contradict it.
  expect(faults.map(({ line }) => line)).toEqual(
    Array.from({ length: VARIANTS_PER_PRODUCT_MAX }, (_, index) => index + 3),
  );
  expect(refused).toHaveLength(rows.length);
  expect(others).toEqual([]);
});

test('a stray quote affects only its own line', () => {
  const good = Array.from({ length: 50 }, (_, index) => `,Mug,t,M-${index},1,GBP`);
  const created = good.map((_, index) => `${index + 3}: M-${index}`);
  for (const [first, last] of [
    [',16" wheel,t,1,1,GBP', ',12" wheel,t,2,1,GBP'],
    [',"16" wheel",t,1,1,GBP', ',"12" wheel",t,2,1,GBP'],
    [',"16 wheel,t,1,1,GBP', ',"12 wheel,t,2,1,GBP'],
    [',"16 wheel,t,1,1,GBP', ',wheel 12",t,2,1,GBP'],
    [',wheel 16",t,1,1,GBP', ',"12 wheel,t,2,1,GBP'],
    [',A,t,1,1,GBP"', ',A,t,2,1,"GBP'],
  ]) {
    expect(summarize(first ?? '', ...good, last ?? '')).toEqual([
      ['2 malformed_csv'],
      ...created,
      ['53 malformed_csv'],
    ]);
  }
});

test('the key of a row that cannot be read is known from the cells before its fault', () => {
  expect(
    summarize(
      'k,16" wheel,t,1,1,GBP',
      'k,,,2,1,GBP',
      'j,B,t,3,1,GBP',
      'j,"x,,4,1,GBP',
      'i,C,t,5,1,GBP',
    ),
  ).toEqual([
    ['2 malformed_csv'],
    ['3 malformed_csv'],
    ['4 malformed_csv'],
    ['5 malformed_csv'],
    '6: 5',
  ]);
});

test('cells may contain line breaks of any kind, quotes, and text that looks like a row', () => {
  const products = read(
    ',"A\r\nB\rC\n\n""D"", E",t,1,1,GBP\r',
    ' , "blanks around quotes" ,t,2,1,"GBP" ',
    ',"a,b,c,d\ne,f",t,3,1,GBP',
  );
  expect(products).toMatchObject([
    { line: 2, value: { title: 'A\r\nB\rC\n\n"D", E' }, rows: [{ line: 2, lastLine: 6 }] },
    { line: 7, value: { title: 'blanks around quotes' } },
    { line: 8, value: { title: 'a,b,c,d\ne,f' } },
  ]);
});

test('a line that is not UTF-8 affects only the row that contains it', () => {
  const file = Buffer.from(`${HEADER}\n,"A\ncaf\xe9\nB",t,1,1,GBP\n,C,t,2,1,GBP`, 'latin1');
  const cutter = new LineCutter();
  const reader = new CsvReader();
  const parsed = [...cutter.push(file), ...cutter.end()].flatMap((line) => reader.push(line));
  expect([...parsed, ...reader.end()]).toMatchObject([
    {
      rows: [{ line: 2, lastLine: 4 }],
      faults: [
        { line: 2, code: 'not_utf8', message: expect.stringMatching(/^Line 3: .*Windows-1252/) },
      ],
    },
    { line: 5 },
  ]);
});

const FAULTS = [
  (n: number) => `,${n}" wheel,t,F-${n},1,GBP`,
  (n: number) => `,"${n}" wheel",t,F-${n},1,GBP`,
  (n: number) => `,"${n} wheel,t,F-${n},1,GBP`,
  (n: number) => `,wheel ${n}",t,F-${n},1,GBP`,
  (n: number) => `,wheel,t,F-${n},1,"GBP`,
  (n: number) => `,wheel,t,F-${n},1,GBP"`,
  (n: number) => `,wheel, blue,t,F-${n},1,GBP`,
  (n: number) => `k${n},wheel`,
  (n: number) => `"k${n}",16" wheel,t,F-${n},1,GBP`,
  () => '"',
  () => '""x',
  () => '\0',
];
const GOOD = [
  (n: number) => `,Mug,t,G-${n},1,GBP`,
  (n: number) => `,"Mug, ""blue""",t,G-${n},1,GBP`,
  (n: number) => `,"Two\nlines, of\r\n""text""",t,G-${n},1,GBP`,
  (n: number) => `\ufeff,Mug,t,G-${n},1,GBP,,`,
];
const rowOfFile = fc.record({
  make: fc.oneof(fc.constantFrom(...GOOD), fc.constantFrom(...GOOD, ...FAULTS)),
  end: fc.constantFrom('\n', '\r\n', '\r'),
});

/** Returns the text of a file, and the line at which each of its rows begins. */
function toFile(rows: readonly { make: (n: number) => string; end: string }[]) {
  let text = `${HEADER}\n`;
  const begins = rows.map(({ make, end }, index) => {
    const line = text.split(/\r\n|\r|\n/).length;
    text += make(index) + end;
    return { line, sku: GOOD.includes(make) ? `G-${index}` : undefined };
  });
  return { text, begins };
}

test('every row is read or reported, whatever is wrong with other rows', () => {
  const run = (
    rows: { make: (n: number) => string; end: string }[],
    sizes: number[],
    cut: number,
  ) => {
    const { text, begins } = toFile(rows);
    const bytes = Buffer.from(text.slice(0, Math.max(HEADER.length + 1, text.length - cut)));
    const cutter = new LineCutter();
    const reader = new CsvReader();
    const lines = sizes.flatMap((size, index) => {
      const from = sizes.slice(0, index).reduce((sum, earlier) => sum + earlier, 0);
      return cutter.push(bytes.subarray(from, from + size));
    });
    lines.push(...cutter.push(bytes.subarray(sizes.reduce((sum, size) => sum + size, 0))));
    const products = [...lines, ...cutter.end()].flatMap((line) => reader.push(line));
    products.push(...reader.end());
    const reportedLines = new Set(
      products
        .flatMap((parsed) => ('faults' in parsed ? parsed.faults : []))
        .map(({ line }) => line),
    );
    const skus = new Map(
      products.flatMap((parsed) =>
        'faults' in parsed ? [] : [[parsed.line, joinSkus(parsed.value)]],
      ),
    );
    const isWhole = cut === 0;
    for (const { line, sku } of begins) {
      const isRead = skus.has(line);
      if (isWhole) expect(isRead || reportedLines.has(line)).toBe(true);
      if (isWhole && sku !== undefined && isRead) expect(skus.get(line)).toBe(sku);
    }
    expect([...skus.values()].join(' ')).not.toMatch(/\n/);
  };
  const rows = fc.array(rowOfFile, { maxLength: 12 });
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 10 });
  const cuts = fc.oneof(fc.constant(0), fc.nat(60));
  fc.assert(fc.property(rows, sizes, cuts, run), { numRuns: 2_000 });
});

function joinSkus(value: unknown): string {
  return (value as { variants: { sku: string }[] }).variants.map(({ sku }) => sku).join(' ');
}
