import { expect, test } from 'vitest';
import { openTestApi, type TestShop } from '../../testing/start-test-api.ts';
import { CSV, exportedText, NDJSON } from './testing/files.ts';
import { sku } from './testing/holdings.ts';

const api = await openTestApi();

interface Answer {
  readonly status: number;
  readonly created?: number;
  readonly failed: number;
  readonly errors: readonly { line: number; path: string; code: string; message: string }[];
  readonly failedLines: readonly { from: number; to: number }[];
}

async function send(file: string | Buffer, type = CSV, query = '?mode=report'): Promise<Answer> {
  const body = typeof file === 'string' ? file : new Uint8Array(file);
  const headers = { 'x-api-key': api.shopA.apiKey, ...type };
  const url = `${api.url}/v1/products/import${query}`;
  const response = await fetch(url, { method: 'POST', headers, body });
  return { ...((await response.json()) as Answer), status: response.status };
}

const HEADER = 'title,type,sku,price,currency';
const row = (title = 'Mug') => `${title},furniture,${sku()},100,GBP`;

async function findExported(sku: string, shop: TestShop = api.shopA) {
  const lines = (await exportedText(shop))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return lines.find(({ variants }) =>
    variants.some((variant: { sku: string }) => variant.sku === sku),
  );
}

test('fifty good rows between two rows with inch marks are stored, and the two rows are reported', async () => {
  const good = Array.from({ length: 50 }, () => row());
  const answer = await send([HEADER, row('16" wheel'), ...good, row('12" wheel')].join('\n'));
  expect(answer).toMatchObject({
    status: 200,
    created: 50,
    failed: 2,
    errors: [
      { line: 2, code: 'malformed_csv' },
      { line: 53, code: 'malformed_csv' },
    ],
    failedLines: [
      { from: 2, to: 2 },
      { from: 53, to: 53 },
    ],
  });
});

test('every row of a refused product is reported', async () => {
  const variantRow = (key: string, price: string, size: string) =>
    `${key},Tee,clothing,${sku()},${price},GBP,${size}`;
  const answer = await send(
    [
      `product,${HEADER},options.size`,
      variantRow('a', '1', 'S'),
      variantRow('a', '12.50', 'M'),
      variantRow('a', '1', 'L'),
      variantRow('b', '1', 'S'),
      variantRow('b', '1', 's'),
      variantRow('c', '1', 'S'),
    ].join('\n'),
  );
  expect(answer).toMatchObject({
    created: 1,
    failed: 2,
    errors: [
      { line: 2, code: 'product_refused' },
      { line: 3, path: 'price', message: expect.stringContaining('1250 for 12.50') },
      { line: 4, code: 'product_refused' },
      { line: 5, code: 'product_refused' },
      { line: 6, path: 'options', code: 'overlapping_variants' },
    ],
    failedLines: [{ from: 2, to: 6 }],
  });
});

const SEMICOLON_ROW = 'Mug;FURNITURE;{};100;gbp;Yes';
const SEMICOLON_HEADER = 'Title; Type ;SKU;Price;Currency;Attributes.NeedsAssembly';

test.each<[string, (ownSku: string) => string | Buffer]>([
  [
    'comma-only rows',
    (ownSku) => `${HEADER}\n,,,,\nMug,furniture,${ownSku},100,GBP\n,,,,\n,,\n"",""\n`,
  ],
  ['empty columns', (ownSku) => `,${HEADER},,\n,Mug,furniture,${ownSku},100,GBP,,\n`],
  ['missing empty cells', (ownSku) => `${HEADER},description\nMug,furniture,${ownSku},100,GBP\n`],
  [
    'blank lines above the header',
    (ownSku) => `\n,,,\n${HEADER}\nMug,furniture,${ownSku},100,GBP\n`,
  ],
  [
    'semicolons and letter case',
    (ownSku) => `${SEMICOLON_HEADER}\r\n${SEMICOLON_ROW.replace('{}', ownSku)}\r\n`,
  ],
  ['tabs', (ownSku) => `${HEADER}\nMug,furniture,${ownSku},100,GBP`.replaceAll(',', '\t')],
  [
    'sep=;',
    (ownSku) => `sep=;\r\n${`${HEADER}\nMug,furniture,${ownSku},100,GBP`.replaceAll(',', ';')}`,
  ],
  ['CR as the line break', (ownSku) => `${HEADER}\rMug,furniture,${ownSku},100,GBP\r`],
  [
    'UTF-16',
    (ownSku) => Buffer.from(`\ufeff${HEADER}\nMug,furniture,${ownSku},100,GBP`, 'utf16le'),
  ],
])('a file with %s is read', async (_, makeFile) => {
  const ownSku = sku();
  expect(await send(makeFile(ownSku), CSV, '')).toMatchObject({ status: 200, created: 1 });
  expect(await findExported(ownSku)).toMatchObject({ title: 'Mug', type: 'furniture' });
});

test.each<[string, (line: string) => string | Buffer]>([
  ['blank lines and CRLF', (line) => `\r\n${line}\r\n \r\n`],
  ['a comma after each object', (line) => `${line},\n`],
  ['a byte order mark in the middle', (line) => `\n\ufeff${line}\n`],
  ['UTF-16', (line) => Buffer.from(`\ufeff${line}`, 'utf16le').swap16()],
])('NDJSON with %s is read', async (_, makeFile) => {
  const variants = [{ sku: sku(), price: 100, currency: 'GBP' }];
  const line = JSON.stringify({ title: 'Mug', type: 'furniture', variants });
  expect(await send(makeFile(line), NDJSON, '')).toMatchObject({ status: 200, created: 1 });
});

test('messages explain in plain words what a seller must change', async () => {
  const variant = { sku: sku(), price: 12.5, currency: 'GBP' };
  const json = await send(
    [{ title: 'A', type: 'Furniture' }, { type: 'furniture', variants: [variant] }, [1]]
      .map((line) => JSON.stringify(line))
      .join('\n'),
    NDJSON,
  );
  const csv = await send(`${HEADER}\n,furniture,S-1,£1,GBP\nMug,vehicle,S-2,1,£`);
  const messages = [...json.errors, ...csv.errors].map(({ line, path, message }) => [
    line,
    path,
    message,
  ]);
  expect(messages).toEqual([
    [1, 'type', 'It must be one of clothing, electronics, furniture, general.'],
    [2, 'title', 'This is required.'],
    [2, 'variants.0.price', 'It must be a whole number of minor units, such as 1250 for £12.50.'],
    [3, '', 'Each line must be a JSON object, one for each product.'],
    [2, 'title', expect.any(String)],
    [2, 'price', 'Write prices in minor units, without a point: 100 for £1.'],
    [3, 'type', 'It must be one of clothing, electronics, furniture, general.'],
  ]);
  for (const [, , message] of messages) expect(message).not.toMatch(/expected|received|Invalid/);
});

test('options with names in any script stay the same in exports and imports of NDJSON and CSV', async () => {
  const options = { Größe: 'M', 颜色: '红', می‌خواهم: 'x', 'Length (cm)': '40', 'a, b;=1': 'y' };
  const ownSku = sku();
  const variants = [{ sku: ownSku, price: 100, currency: 'GBP', options }];
  const posted = await api.shopA.post<{ variants: { options: object }[] }>('/v1/products', {
    title: 'Tee',
    type: 'clothing',
    variants: [{ ...variants[0], options: { ...options, Größe: undefined, 'Gro\u0308ße ': 'M' } }],
  });
  expect(posted).toMatchObject({ status: 201, body: { variants: [{ options }] } });
  for (const query of [
    '?format=ndjson',
    '?format=csv',
    '?format=csv&delimiter=semicolon&bom=true',
  ]) {
    const file = await exportedText(api.shopA, query);
    const type = query === '?format=ndjson' ? NDJSON : CSV;
    const shop = await api.newShop();
    expect((await shop.post('/v1/products/import?mode=report', file, type)).body).toMatchObject({
      errors: [],
    });
    expect((await findExported(ownSku, shop)).variants).toEqual(variants);
  }
});

test.each([
  [{ 'a\nb': 'x' }, 'variants.0.options.a\nb'],
  [{ 'a.b': 'x' }, 'variants.0.options.a.b'],
  [{ '': 'x' }, 'variants.0.options.'],
  [{ ['x'.repeat(41)]: 'x' }, `variants.0.options.${'x'.repeat(40)}`],
  [{ Größe: 'x', 'Gro\u0308ße': 'y' }, 'variants.0.options'],
  [{ STRASSE: 'x', straße: 'y' }, 'variants.0.options'],
])('options %j are refused', async (options, path) => {
  const variants = [{ sku: sku(), price: 1, currency: 'GBP', options }];
  const answer = await api.shopA.post('/v1/products', { title: 'A', type: 'clothing', variants });
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
});

test('an exported CSV file can have a byte order mark and semicolons, for Excel', async () => {
  await send(`${HEADER}\n${row('=1;+1')}`);
  const url = `${api.url}/v1/products/export?format=csv&delimiter=%3B&bom=true`;
  const response = await fetch(url, { headers: { 'x-api-key': api.shopA.apiKey } });
  const bytes = Buffer.from(await response.arrayBuffer());
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  expect(bytes.toString()).toMatch(
    /^\ufeffproduct;title;description;type;product_purchase_limit;product_purchase_limit_days;publish_at;sale_from;sale_until;tags;media;metadata;sku;/,
  );
  expect(bytes.toString()).toContain(`"'=1;'+1"`);
  for (const query of [
    '?bom=true',
    '?delimiter=tab',
    '?format=csv&delimiter=x',
    '?format=csv&bom=1',
  ]) {
    expect((await api.shopA.get(`/v1/products/export${query}`)).status).toBe(400);
  }
});
