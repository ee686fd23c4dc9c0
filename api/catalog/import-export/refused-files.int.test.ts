import { expect, test } from 'vitest';
import { RECHECK_MS } from '../../access/recheck.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import { FAULTS_SHOWN_MAX } from './line-report.ts';
import { LINE_BYTES_MAX, LINES_MAX } from './read/text-lines.ts';
import { CSV, importLines, NDJSON, productLine } from './testing/files.ts';
import { countHoldings, sku } from './testing/holdings.ts';

const api = await openTestApi();

const holdings = () => countHoldings(api);

test.each<[string, Record<string, unknown>, { path: string; code: string }]>([
  [
    'two variants that are the same',
    { options: [{ size: 'M' }, { size: 'm' }] },
    { path: 'variants.1.options', code: 'overlapping_variants' },
  ],
  [
    'an option that the first variant lacks',
    { options: [{ size: 'M' }, { length: 'L' }] },
    { path: 'variants.1.options.length', code: 'unknown_option' },
  ],
  [
    'two currencies',
    { currencies: ['GBP', 'EUR'] },
    { path: 'variants.1.currency', code: 'currency_mismatch' },
  ],
  [
    'a SKU twice in a product',
    { skus: ['SAME', 'SAME'] },
    { path: 'variants.1.sku', code: 'duplicate_sku' },
  ],
])(
  '%s: the product is refused with the same path and code as a request to create it',
  async (_, fields, fault) => {
    const at = (name: string, index: number) => (fields[name] as unknown[] | undefined)?.[index];
    const variants = [0, 1].map((index) => ({
      sku: at('skus', index) ?? sku(),
      price: 1,
      currency: at('currencies', index) ?? 'GBP',
      options: at('options', index) ?? { size: String(index) },
    }));
    const { body } = await importLines(api.shopA, [productLine(sku(), { variants })]);
    expect(body).toMatchObject({ code: 'import_refused', errors: [{ line: 1, ...fault }] });
  },
);

/** Sends a file unchanged. */
function send(file: string | Buffer, type: Record<string, string>, query = '') {
  const body = typeof file === 'string' ? file : new Uint8Array(file);
  const headers = { 'x-api-key': api.shopA.apiKey, ...type };
  return fetch(`${api.url}/v1/products/import${query}`, { method: 'POST', headers, body });
}

const HEADER = 'title,type,sku,price,currency';
const wideHeader = `${HEADER},${Array.from({ length: 500 }, (_, index) => `options.o${index}`)}`;

test.each(['all', 'upsert'])(
  'the rest of a file whose key is revoked while it arrives is not imported (mode=%s)',
  async (mode) => {
    const shop = await api.withScopes(api.shopA, ['catalog:write', 'catalog:read']);
    const before = await holdings();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const write = (line: string) => writer.write(new TextEncoder().encode(`${line}\n`));
    const init = { method: 'POST', headers: { 'x-api-key': shop.apiKey, ...NDJSON } };
    const request = { ...init, body: readable, duplex: 'half' } as const;
    const sentAt = performance.now();
    const answer = fetch(`${api.url}/v1/products/import?mode=${mode}`, request);
    await write('');
    await expect.poll(async () => (await holdings()).imports).toBe(before.imports + 1);
    const revokedAt = new Date();
    await api.context.store.apiKeys.updateOne({ _id: shop.keyId }, { $set: { revokedAt } });
    await expect.poll(async () => (await shop.get('/v1/products')).status).toBe(401);
    // The key is checked again at most this often.
    await expect
      .poll(() => performance.now() - sentAt, { timeout: 5_000 })
      .toBeGreaterThan(RECHECK_MS);
    await write(JSON.stringify(productLine(sku())));
    await writer.close();
    expect((await answer).status).toBe(401);
    expect(await holdings()).toEqual(before);
  },
);

test.each<[string, string | Buffer, Record<string, string>, object[]]>([
  ['broken JSON', '{"title":\n', NDJSON, [{ line: 1, code: 'malformed_json' }]],
  ['JSON that is not an object', '\n[]\n', NDJSON, [{ line: 2, code: 'invalid_request' }]],
  [
    'deep JSON',
    `${'['.repeat(99)}${']'.repeat(99)}`,
    NDJSON,
    [{ line: 1, code: 'malformed_json' }],
  ],
  [
    'text that is not UTF-8',
    Buffer.from('\n"\xff"', 'latin1'),
    NDJSON,
    [{ line: 2, code: 'not_utf8' }],
  ],
  [
    'a line too long',
    `\n"${'x'.repeat(LINE_BYTES_MAX)}"\n{`,
    NDJSON,
    [
      { line: 2, code: 'line_too_long' },
      { line: 3, code: 'malformed_json' },
    ],
  ],
  [
    'too many lines',
    '\n'.repeat(LINES_MAX + 1),
    NDJSON,
    [{ line: LINES_MAX + 1, code: 'too_many_lines' }],
  ],
  ['no header', '', CSV, [{ line: 1, code: 'invalid_header' }]],
  [
    'a header that lacks a column',
    'title,type,sku,price',
    CSV,
    [{ line: 1, path: 'currency', code: 'invalid_header' }],
  ],
  [
    'an unknown column',
    `${HEADER},colour`,
    CSV,
    [{ line: 1, path: 'colour', code: 'invalid_header' }],
  ],
  ['a column twice', `${HEADER},sku`, CSV, [{ line: 1, path: 'sku', code: 'invalid_header' }]],
  ['too many columns', wideHeader, CSV, [{ line: 1, code: 'invalid_header' }]],
  ['a row too short', `${HEADER}\nA,furniture,Q-1,1`, CSV, [{ line: 2, code: 'malformed_csv' }]],
  [
    'an open quote',
    `${HEADER}\n"A,furniture,Q-1,1,GBP\n`,
    CSV,
    [{ line: 2, code: 'malformed_csv' }],
  ],
  [
    'a quote in the middle',
    `${HEADER}\nA"B",furniture,Q-1,1,GBP\n`,
    CSV,
    [{ line: 2, code: 'malformed_csv' }],
  ],
  [
    'an invalid price',
    `${HEADER}\nA,furniture,Q-1,1.50,GBP`,
    CSV,
    [{ line: 2, path: 'price', code: 'invalid_request' }],
  ],
  [
    'a price that is missing',
    `${HEADER}\nA,furniture,Q-1,,GBP`,
    CSV,
    [{ line: 2, path: 'price', code: 'invalid_request' }],
  ],
  [
    'a wrong attribute',
    `${HEADER},attributes.widthMm\nA,furniture,Q-1,1,GBP,wide`,
    CSV,
    [{ line: 2, path: 'attributes.widthMm', code: 'invalid_request' }],
  ],
  [
    'a fault after a cell of several lines',
    `${HEADER}\n"A\n\nB",furniture,Q-1,1,GBP\nC,none,Q-2,1,GBP`,
    CSV,
    [{ line: 5, path: 'type', code: 'invalid_request' }],
  ],
  [
    'a fault in the row of a variant',
    `product,${HEADER},options.s\nk,A,furniture,Q-1,1,GBP,1\nk,,,Q-2,-1,GBP,2`,
    CSV,
    [
      { line: 2, path: '', code: 'product_refused' },
      { line: 3, path: 'price', code: 'invalid_request' },
    ],
  ],
  [
    'a row that contradicts the first row of its product',
    `product,${HEADER}\nk,A,furniture,Q-1,1,GBP\nk,B,,Q-2,1,GBP`,
    CSV,
    [
      { line: 2, path: '', code: 'product_refused' },
      { line: 3, path: 'title', code: 'invalid_request' },
    ],
  ],
  [
    'text that is not UTF-8, in CSV',
    Buffer.from(`${HEADER}\n\xe9,furniture,Q-1,1,GBP`, 'latin1'),
    CSV,
    [{ line: 2, code: 'not_utf8' }],
  ],
])('%s: the file is refused with the line of each fault', async (_, file, type, errors) => {
  const before = await holdings();
  const response = await send(file, type);
  const body = (await response.json()) as { errors: unknown[] };
  expect(body).toMatchObject({ status: 422, code: 'import_refused', errors });
  expect(body.errors).toHaveLength(errors.length);
  expect(await holdings()).toEqual(before);
});

test('of many faults, the first 1,000 and the number of all faults are reported', async () => {
  const lines = Array.from({ length: FAULTS_SHOWN_MAX + 50 }, () => ({}));
  const { body } = await importLines(api.shopA, lines);
  expect(body.failed).toBe(FAULTS_SHOWN_MAX + 50);
  expect(body.errorCount).toBeGreaterThanOrEqual(body.failed);
  expect(body.errors).toHaveLength(FAULTS_SHOWN_MAX);
});

test.each<[string, Record<string, string>, number]>([
  ['?mode=some', NDJSON, 400],
  ['?publish=yes', NDJSON, 400],
  ['?limit=1', NDJSON, 400],
  ['', { 'content-type': 'application/json' }, 415],
  ['', { 'content-type': 'text/csv; charset=windows-1252' }, 415],
  ['', { ...CSV, 'content-encoding': 'gzip' }, 415],
])(
  'an import with the query “%s” and the headers %o is refused',
  async (query, headers, status) => {
    expect((await send('{}', headers, query)).status).toBe(status);
  },
);

test('the reported faults are the first in the order of the file, even if later faults are found earlier', async () => {
  const taken = sku();
  await importLines(api.shopA, [productLine(taken)]);
  const bad = Array.from({ length: FAULTS_SHOWN_MAX + 50 }, () =>
    productLine(sku(), { title: '' }),
  );
  const file = [productLine(sku()), productLine(taken), ...bad];
  const { body } = await importLines(api.shopA, file, '?mode=report');
  const failed = bad.length + 1;
  expect(body).toMatchObject({ created: 1, failed, errorCount: failed });
  expect(body.failedLines).toEqual([{ from: 2, to: failed + 1 }]);
  expect(body.errors).toHaveLength(FAULTS_SHOWN_MAX);
  expect(body.errors[0]).toMatchObject({ line: 2, code: 'duplicate_sku' });
  expect(body.errors.map(({ line }) => line)).toEqual(body.errors.map((_, index) => index + 2));
});

test('charset=utf-8 and a byte order mark are accepted', async () => {
  const file = `\ufeff${HEADER}\r\nÉtagère,furniture,${sku()},100,GBP\r\n`;
  const response = await send(file, { 'content-type': 'text/csv; charset=UTF-8' });
  expect(await response.json()).toMatchObject({ created: 1 });
});
