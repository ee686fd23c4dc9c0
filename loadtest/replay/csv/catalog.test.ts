import { expect, test } from 'vitest';
import { brokenRows, givenFile } from '../../testing/given-file.ts';
import { readCatalog } from './catalog.ts';

const read = async (rows: string) => {
  const { broken, logged } = brokenRows();
  const path = await givenFile('catalog.csv', `sku,title,unit_price_pence\n${rows}`);
  return { ...(await readCatalog(path, broken)), logged };
};

test('an item without a title gets its SKU as its title', async () => {
  const { items } = await read('85123A,"HEART, WHITE ""HANGING""",255\nPOST, ,0\n');
  expect([...items.values()]).toEqual([
    { sku: '85123A', title: 'HEART, WHITE "HANGING"', price: 255 },
    { sku: 'POST', title: 'POST', price: 0 },
  ]);
});

test('reports invalid rows with their lines', async () => {
  const { items, logged } = await read(
    '1,a,5\n1,b,6\n,c,7\n2,d,-1\n3,e,1.5\n4,f,999999999\n5,g,8\n',
  );
  expect([...items.keys()]).toEqual(['1', '5']);
  expect(logged).toEqual([
    'broken row: catalog.csv line 3: the sku 1 is already in the catalogue',
    'broken row: catalog.csv line 4: the sku is not 1 to 48 printable ASCII characters',
    'broken row: catalog.csv line 5: the price "-1" is not a whole number from 0 to 100000000',
    'broken row: catalog.csv line 6: the price "1.5" is not a whole number from 0 to 100000000',
    'broken row: catalog.csv line 7: the price "999999999" is not a whole number from 0 to 100000000',
  ]);
});

test('a different price changes the hash of the catalogue', async () => {
  const { hash } = await read('1,a,5\n');
  expect((await read('1,a,5\n')).hash).toBe(hash);
  expect((await read('1,a,6\n')).hash).not.toBe(hash);
});
