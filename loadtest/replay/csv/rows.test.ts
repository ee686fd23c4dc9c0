import { truncate } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { givenFile } from '../../testing/given-file.ts';
import { readRows } from './rows.ts';

/** Returns, for every row, its line number and the requested cells or the fault. */
async function read(content: string, name = 'things.csv') {
  const path = await givenFile(name, content);
  const results: (string | number)[][] = [];
  for await (const rows of readRows(path, ['sku', 'title'])) {
    for (const row of rows) {
      if ('fault' in row) results.push([row.line, row.fault]);
      else results.push([row.line, row.cells.sku, row.cells.title]);
    }
  }
  return results;
}

test('titles may contain commas, quotes and line breaks', async () => {
  const content = 'sku,title\n1,"a, b"\n2,"6"" PLATE, RED"\n3,"two\nlines"\n4,""\n5,plain\n';
  expect(await read(content)).toEqual([
    [2, '1', 'a, b'],
    [3, '2', '6" PLATE, RED'],
    [4, '3', 'two\nlines'],
    [6, '4', ''],
    [7, '5', 'plain'],
  ]);
});

test('a quote inside an unquoted cell is literal', async () => {
  expect(await read('sku,title\n1,12" RULER\n2,b\n')).toEqual([
    [2, '1', '12" RULER'],
    [3, '2', 'b'],
  ]);
});

test('an unclosed quote breaks only its own row', async () => {
  expect(await read('sku,title\n1,"open\n2,b\n3,"c, d"\n4,e\n')).toEqual([
    [2, 'a quote is not closed'],
    [3, '2', 'b'],
    [4, '3', 'c, d'],
    [5, '4', 'e'],
  ]);
});

test('reports the line of an unclosed quote, far from the end and at the end', async () => {
  const filler = Array.from({ length: 30 }, (_, index) => `${index},x`).join('\n');
  const rows = await read(`sku,title\n1,"open\n${filler}\n2,"open too\n`);
  expect(rows).toHaveLength(32);
  const unclosed = rows.filter((row) => row[1] === 'a quote is not closed');
  expect(unclosed.map(([line]) => line)).toEqual([2, 33]);
});

test('rows of the wrong width are broken, and empty lines are ignored', async () => {
  expect(await read('sku,title,price\n1,a,5\n\n2,b\n3,c,6,7\n4,d,8\n')).toEqual([
    [2, '1', 'a'],
    [4, 'it has 2 columns, not 3'],
    [5, 'it has 4 columns, not 3'],
    [6, '4', 'd'],
  ]);
});

test('finds columns by name in any order, after a byte order mark, with CRLF line endings', async () => {
  const content = '\ufefftitle,more,sku\r\nÄpfel,x,1\r\n"Birnen",y,2';
  expect(await read(content, 'things.csv.gz')).toEqual([
    [2, '1', 'Äpfel'],
    [3, '2', 'Birnen'],
  ]);
});

test('reads every row of a file of many chunks once', async () => {
  const lines = Array.from({ length: 40_000 }, (_, index) => `${index},"title, ""${index}"""`);
  const rows = await read(`sku,title\n${lines.join('\n')}\n`, 'many.csv.gz');
  expect(rows).toHaveLength(lines.length);
  expect(rows.at(-1)).toEqual([40_001, '39999', 'title, "39999"']);
});

test('explains why a file cannot be read', async () => {
  await expect(read('')).rejects.toThrow('things.csv is empty');
  await expect(read('sku,name\n')).rejects.toThrow('line 1: the header lacks title');
  await expect(read('x'.repeat(2_000_000))).rejects.toThrow('line 1 has no end');
  const path = await givenFile('cut.csv.gz', `sku,title\n${'1,a\n'.repeat(1_000)}`);
  await truncate(path, 40);
  const reading = async () => {
    for await (const _ of readRows(path, ['sku']));
  };
  await expect(reading()).rejects.toThrow('unexpected end of file');
});
