import { expect, test } from 'vitest';
import { VARIANTS_PER_PRODUCT_MAX } from '../../../../shared/contract/limits.ts';
import type { Parsed } from '../read/candidate.ts';
import { LineCutter } from '../read/text-lines.ts';
import { CsvReader } from './read-csv.ts';

const HEADER = 'product,title,type,sku,price,currency';

function read(...lines: string[]): Parsed[] {
  const cutter = new LineCutter();
  const reader = new CsvReader();
  const bytes = Buffer.from([HEADER, ...lines].join('\n'));
  const found = [...cutter.push(bytes), ...cutter.end()].flatMap((line) => reader.push(line));
  return [...found, ...reader.end()];
}

/** The SKUs of each product, or the lines and codes of what is wrong with it. */
function seen(...lines: string[]): unknown[] {
  return read(...lines).map((each) => {
    if ('faults' in each) return each.faults.map(({ line, code }) => `${line} ${code}`);
    const { variants } = each.value as { variants: { sku: string }[] };
    return `${each.line}: ${variants.map(({ sku }) => sku).join(' ')}`;
  });
}

test('rows without a key are products of their own', () => {
  expect(seen(',A,t,1,1,GBP', ',B,t,2,1,GBP', 'k,C,t,3,1,GBP', 'k,,,4,1,GBP')).toEqual([
    '2: 1',
    '3: 2',
    '4: 3 4',
  ]);
});

test('rows of one key that do not follow each other are refused, and not made two products', () => {
  const rows = ['k,A,t,1,1,GBP', 'j,B,t,2,1,GBP', 'k,A,t,3,1,GBP', 'k,,,4,1,GBP', 'i,C,t,5,1,GBP'];
  expect(seen(...rows)).toEqual(['2: 1', '3: 2', ['4 invalid_request'], '6: 5']);
  const refused = read(...rows)[2];
  expect(refused).toMatchObject({
    faults: [{ path: 'product', message: expect.stringContaining('line 2') }],
  });
});

test('a row that cannot be read spoils the product in whose middle it stands', () => {
  expect(seen('k,A,t,1,1,GBP', 'k,,', 'k,,,3,1,GBP', 'j,B,t,4,1,GBP')).toEqual([
    ['3 malformed_csv'],
    '5: 4',
  ]);
});

test('a row that cannot be read spoils those products beside it whose row it may be', () => {
  expect(seen('k,A,t,1,1,GBP', '"', '"x', 'j,B,t,4,1,GBP', 'i,C,t,5,1,GBP')).toEqual([
    ['2 malformed_csv'],
    ['3 malformed_csv'],
    ['5 malformed_csv'],
    '6: 5',
  ]);
  expect(seen(',A,t,1,1,GBP', '"', '"x', ',B,t,4,1,GBP')).toEqual([
    '2: 1',
    ['3 malformed_csv'],
    '5: 4',
  ]);
});

test('whose row it is that has a cell too many is told by its key', () => {
  const bad = (key: string) => `${key},A,t,1,1,GBP,`;
  const beside = (key: string) => seen('k,A,t,1,1,GBP', bad(key), 'j,B,t,4,1,GBP', 'j,,,5,1,GBP');
  expect(beside('')).toEqual(['2: 1', ['3 malformed_csv'], '4: 4 5']);
  expect(beside('k')).toEqual([['2 malformed_csv'], ['3 malformed_csv'], '4: 4 5']);
  expect(beside('j')).toEqual(['2: 1', ['3 malformed_csv'], ['4 malformed_csv']]);
  expect(seen('k,A,t,1,1,GBP', bad('k'))).toEqual([['2 malformed_csv'], ['3 malformed_csv']]);
  expect(seen(bad('k'), 'j,B,t,4,1,GBP', 'k,C,t,5,1,GBP')).toEqual([
    ['2 malformed_csv'],
    '3: 4',
    ['4 invalid_request'],
  ]);
});

test('empty lines are passed over and counted', () => {
  expect(seen('', '\r', ',A,t,1,1,GBP\r', '', ',B,t,2,1,none')).toEqual(['4: 1', '6: 2']);
});

test('a product of very many rows is held no longer than it takes to refuse it', () => {
  const rows = Array.from({ length: 5_000 }, (_, index) => `k,A,t,${index},1,GBP`);
  const [product] = read(...rows);
  const { variants } = (product as { value: { variants: unknown[] } }).value;
  expect(variants).toHaveLength(VARIANTS_PER_PRODUCT_MAX + 1);
});
