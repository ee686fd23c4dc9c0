import { expect, test } from 'vitest';
import { brokenRows, givenFile } from '../../testing/given-file.ts';
import { type Invoice, type InvoiceWindow, readInvoices } from './invoices.ts';
import { parseLocalTime } from './local-time.ts';

const HEADER = 'invoice_id,timestamp,customer_id,country,sku,quantity\n';
const WIDE = Array.from({ length: 2_001 }, (_, index) => `W${index}`);
const SKUS = ['A', 'B', ...WIDE];
const catalog = {
  items: new Map(SKUS.map((sku) => [sku, { sku, title: sku, price: 100 }])),
};

async function read(rows: string, window: InvoiceWindow = {}) {
  const { broken, logged } = brokenRows();
  const path = await givenFile('invoices.csv.gz', HEADER + rows);
  const invoices: Invoice[] = [];
  const source = { path, catalog, window, broken };
  for await (const invoice of readInvoices(source)) invoices.push(invoice);
  return { invoices, logged };
}

const summarize = ({ index, id, buyerId, units, rows }: Invoice) => {
  return { index, id, buyerId, units: Object.fromEntries(units), rows };
};

test('adds up rows of one SKU and names a guest after the invoice if the customer is blank', async () => {
  const rows =
    '1,2010-12-01T08:26:00,17850,United Kingdom,A,6\n' +
    '1,2010-12-01T08:26:00,17850,United Kingdom,B,1\n' +
    '1,2010-12-01T08:26:00,17850,United Kingdom,A,2\n' +
    '2,2010-12-01T08:28:00,,"Korea, Republic of",B,80995\n';
  const { invoices, logged } = await read(rows);
  expect(invoices.map(summarize)).toEqual([
    { index: 0, id: '1', buyerId: '17850', units: { A: 8, B: 1 }, rows: 3 },
    { index: 1, id: '2', buyerId: 'guest-2', units: { B: 80_995 }, rows: 1 },
  ]);
  expect(logged).toEqual([]);
});

test('reports a broken row with its line and keeps the rest of its invoice', async () => {
  const rows =
    '1,2010-12-01T08:26:00,1,UK,A,6\n' +
    '1,2010-12-01T08:26:00,1,UK,A\n' +
    '1,2010-12-01T08:26:00,1,UK,A,0\n' +
    '1,2010-12-01T08:26:00,1,UK,A,-3\n' +
    '1,2010-12-01T08:26:00,1,UK,A,1.5\n' +
    '1,2010-12-01T08:26:00,1,UK,Z,1\n' +
    '1,2010-02-30T08:26:00,1,UK,A,1\n' +
    '1,yesterday,1,UK,A,1\n' +
    ',2010-12-01T08:26:00,1,UK,A,1\n' +
    '1,2010-12-01T08:26:00,1,UK,A,999995\n' +
    '1,2010-12-01T08:26:00,1,UK,B,1\n' +
    '2,2010-12-01T08:26:00,1,UK,Z,1\n' +
    '3,2010-12-01T08:26:00,1,UK,B,2\n';
  const { invoices, logged } = await read(rows);
  expect(invoices.map(summarize)).toEqual([
    { index: 0, id: '1', buyerId: '1', units: { A: 6, B: 1 }, rows: 2 },
    { index: 1, id: '3', buyerId: '1', units: { B: 2 }, rows: 1 },
  ]);
  const lines = logged.map((text) => /invoices\.csv\.gz line (\d+): (.{20})/.exec(text)?.slice(1));
  expect(lines).toEqual([
    ['3', 'it has 5 columns, no'],
    ['4', 'the quantity "0" is '],
    ['5', 'the quantity "-3" is'],
    ['6', 'the quantity "1.5" i'],
    ['7', 'the sku "Z" is not i'],
    ['8', 'the time "2010-02-30'],
    ['9', 'the time "yesterday"'],
    ['10', 'the invoice_id is no'],
    ['11', 'the quantity "999995'],
    ['13', 'the sku "Z" is not i'],
  ]);
});

test('logs the first 20 broken rows and counts all', async () => {
  const rows = Array.from({ length: 30 }, () => '1,2010-12-01T08:26:00,1,UK,Z,1\n');
  const { broken, logged } = brokenRows();
  const path = await givenFile('invoices.csv', HEADER + rows.join(''));
  for await (const _ of readInvoices({ path, catalog, window: {}, broken }));
  expect(broken.count).toBe(30);
  expect(logged).toHaveLength(21);
  expect(logged[20]).toBe('further broken rows are counted but not shown');
});

test('an invoice whose rows are not consecutive is replayed once', async () => {
  const rows =
    '1,2010-12-01T08:26:00,1,UK,A,1\n2,2010-12-01T08:26:00,1,UK,A,1\n1,2010-12-01T08:26:00,1,UK,B,1\n';
  const { invoices, logged } = await read(rows);
  expect(invoices.map(({ id }) => id)).toEqual(['1', '2']);
  expect(logged).toEqual([
    'broken row: invoices.csv.gz line 4: the rows of invoice 1 are not consecutive',
  ]);
});

test('the window includes --from and excludes --to', async () => {
  const rows = [26, 27, 28, 29].map((minute) => `${minute},2010-12-01T08:${minute}:00,1,UK,A,1\n`);
  const at = (minute: number) => parseLocalTime(`2010-12-01T08:${minute}:00`);
  const { invoices } = await read(rows.join(''), { from: at(27), to: at(29) });
  expect(invoices.map(({ id, index }) => [id, index])).toEqual([
    ['27', 0],
    ['28', 1],
  ]);
});

test('an invoice may have 2,000 SKUs; a row with one more SKU is broken', async () => {
  const rows = WIDE.map((sku) => `1,2010-12-01T08:26:00,1,UK,${sku},1\n`);
  const { invoices, logged } = await read(rows.join(''));
  expect(invoices[0]?.units.size).toBe(2_000);
  expect(logged).toEqual([
    'broken row: invoices.csv.gz line 2002: invoice 1 has more than 2000 SKUs',
  ]);
});
