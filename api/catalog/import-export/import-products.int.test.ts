import { connect } from 'node:net';
import { expect, test } from 'vitest';
import type { ShownProduct } from '../../testing/requests.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import { exportedText, importLines, NDJSON, productLine } from './testing/files.ts';
import { countHoldings, sku } from './testing/holdings.ts';

const api = await openTestApi();

const holdings = () => countHoldings(api);

async function shownSkus(): Promise<string[]> {
  const lines = (await exportedText(api.shopA)).split('\n').filter(Boolean);
  return lines.flatMap((line) =>
    JSON.parse(line).variants.map((variant: { sku: string }) => variant.sku),
  );
}

test('lines of JSON become drafts with stock levels, in the order of the file, and the import is audited', async () => {
  const skus = [sku(), sku(), sku()];
  const before = await holdings();
  const { status, body } = await importLines(
    api.shopA,
    skus.map((ownSku) => productLine(ownSku)),
  );
  expect({ status, body }).toEqual({
    status: 200,
    body: { created: 3, failed: 0, errorCount: 0, errors: [], failedLines: [] },
  });
  expect((await shownSkus()).slice(-3)).toEqual(skus);
  const after = await holdings();
  expect(after).toEqual({
    products: before.products + 3,
    stock: before.stock + 3,
    imports: 0,
  });
  const { store } = api.context;
  const [product] = await store.products.find({ 'variants.sku': skus[0] }).toArray();
  expect(product).toMatchObject({ status: 'draft' });
  expect(product).not.toHaveProperty('importId');
  expect(product).not.toHaveProperty('importLine');
  const entry = await store.audit.findOne({ action: 'products.imported' }, { sort: { _id: -1 } });
  expect(entry).toMatchObject({ shopId: api.shopA.shopId, detail: { created: 3, failed: 0 } });
});

test('products that are imported with publish=true are published without stock, and can get stock', async () => {
  const ownSku = sku();
  await importLines(api.shopA, [productLine(ownSku)], '?publish=true');
  const { body } = await api.shopB.get<{ items: ShownProduct[] }>(
    `/v1/products?shopId=${api.shopA.shopId}&limit=1`,
  );
  expect(body.items[0]).toMatchObject({
    status: 'published',
    variants: [{ sku: ownSku, available: 0 }],
  });
  const variantId = body.items[0]?.variants[0]?.id;
  const path = `/v1/inventory/${variantId}/adjustments`;
  expect((await api.shopA.post(path, { set: 5, reason: 'delivery' })).status).toBe(201);
});

test('rows of CSV with the same product key become the variants of one product', async () => {
  const [small, large, desk] = [sku(), sku(), sku()];
  const { status } = await importLines(api.shopA, [
    'product,title,description,type,sku,variant_title,price,compare_at_price,currency,options.size,attributes.material,attributes.needsAssembly',
    `tee,"A ""good"" tee, cotton","Two\r\nlines",clothing,${small},Small,1900,2400,GBP,S,cotton,`,
    `tee,,,,${large},,2100,,GBP,L,cotton,`,
    `,Desk,,furniture,${desk},,9900,,GBP,,oak,true`,
  ]);
  expect(status).toBe(200);
  const [tee, table] = (await exportedText(api.shopA)).trimEnd().split('\n').slice(-2);
  expect(JSON.parse(tee ?? '')).toEqual({
    title: 'A "good" tee, cotton',
    description: 'Two\r\nlines',
    type: 'clothing',
    attributes: { material: 'cotton' },
    variants: [
      {
        sku: small,
        title: 'Small',
        price: 1900,
        compareAtPrice: 2400,
        currency: 'GBP',
        options: { size: 'S' },
      },
      { sku: large, price: 2100, currency: 'GBP', options: { size: 'L' } },
    ],
  });
  expect(JSON.parse(table ?? '')).toMatchObject({
    attributes: { material: 'oak', needsAssembly: true },
  });
});

test('by default nothing is stored if a line is invalid, and every invalid line is reported', async () => {
  const [fine, taken, twice] = [sku(), sku(), sku()];
  await importLines(api.shopA, [productLine(taken)]);
  const before = await holdings();
  const answer = await importLines(api.shopA, [
    productLine(fine),
    productLine(sku(), { type: 'vehicle' }),
    productLine(sku(), { attributes: { horsepower: 3 } }),
    productLine(taken),
    productLine(twice),
    productLine(twice),
    productLine(sku(), { title: ' ', colour: 'red' }),
  ]);
  expect(answer).toMatchObject({
    status: 422,
    body: {
      code: 'import_refused',
      failed: 5,
      errorCount: 6,
      errors: [
        { line: 2, path: 'type', code: 'invalid_request' },
        { line: 3, path: 'attributes.horsepower', code: 'invalid_request' },
        { line: 4, path: 'variants.0.sku', code: 'duplicate_sku' },
        {
          line: 6,
          path: 'variants.0.sku',
          code: 'duplicate_sku',
          message: 'The product on line 5 has this SKU too.',
        },
        { line: 7, path: 'title', code: 'invalid_request' },
        { line: 7, path: 'colour', code: 'invalid_request' },
      ],
    },
  });
  expect(answer.body).not.toHaveProperty('created');
  expect(await holdings()).toEqual(before);
  const again = await importLines(api.shopA, [productLine(fine)]);
  expect(again.body.created).toBe(1);
});

test('in report mode valid products are stored and the others are reported', async () => {
  const [first, last] = [sku(), sku()];
  const { status, body } = await importLines(
    api.shopA,
    [productLine(first), productLine(sku(), { variants: [] }), productLine(last)],
    '?mode=report',
  );
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { created: 2, failed: 1, errorCount: 1, errors: [{ line: 2, path: 'variants' }] },
  });
  expect((await shownSkus()).slice(-2)).toEqual([first, last]);
});

/** Sends a file unchanged. */
function send(file: string | Buffer, type: Record<string, string>, query = '') {
  const body = typeof file === 'string' ? file : new Uint8Array(file);
  const headers = { 'x-api-key': api.shopA.apiKey, ...type };
  return fetch(`${api.url}/v1/products/import${query}`, { method: 'POST', headers, body });
}

test('a file of more than 32 MiB is refused, with or without a Content-Length, and nothing is stored', async () => {
  const before = await holdings();
  const line = `${JSON.stringify(productLine(sku(), { description: 'x'.repeat(9_000) }))}\n`;
  const parts = Math.ceil((33 * 1_048_576) / line.length);
  const body = Buffer.from(line.repeat(parts));
  expect((await send(body, NDJSON)).status).toBe(413);
  const response = await fetch(`${api.url}/v1/products/import`, {
    method: 'POST',
    headers: { 'x-api-key': api.shopA.apiKey, ...NDJSON },
    body: new Blob([body]).stream(),
    duplex: 'half',
  } as RequestInit).catch((error: unknown) => error);
  // The API may close the connection before the client has read the response.
  if (response instanceof Response) expect(response.status).toBe(413);
  await expect.poll(holdings, { timeout: 10_000 }).toEqual(before);
});

test('an upload that breaks off leaves nothing behind', async () => {
  const before = await holdings();
  const skus = Array.from({ length: 900 }, sku);
  const lines = skus.map((ownSku) => `${JSON.stringify(productLine(ownSku))}\n`).join('');
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const head = [
    'POST /v1/products/import HTTP/1.1',
    'host: here',
    `x-api-key: ${api.shopA.apiKey}`,
    'content-type: application/x-ndjson',
    'content-length: 10000000',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${lines}`);
  const { store } = api.context;
  const staged = () => store.products.countDocuments({ importId: { $exists: true } });
  await expect.poll(staged, { timeout: 10_000, interval: 5 }).toBeGreaterThanOrEqual(400);
  expect(await shownSkus()).not.toContain(skus.at(-1));
  socket.destroy();
  await expect.poll(holdings, { timeout: 10_000 }).toEqual(before);
});

test('while an import is under way, another import of the same shop is refused, and an import of another shop is accepted', async () => {
  const { store } = api.context;
  const until = new Date(Date.now() + 60_000);
  const lease = { publish: false, owner: 'x', until };
  const staging = { state: 'staging', ...lease } as const;
  const running = { _id: 'imp_running', shopId: api.shopA.shopId, ...staging };
  await store.imports.insertOne(running);
  const refused = await importLines(api.shopA, [productLine(sku())]);
  expect(refused).toMatchObject({ status: 409, body: { code: 'import_in_progress' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await importLines(api.shopB, [productLine(sku())])).status).toBe(200);
  await store.imports.deleteOne({ _id: 'imp_running' });
});

test('an import and concurrent single products with the same SKUs store no SKU twice', async () => {
  const skus = Array.from({ length: 30 }, sku);
  const posted = Promise.all(
    skus.map((ownSku) => api.shopA.post('/v1/products', productLine(ownSku))),
  );
  const { status, body } = await importLines(
    api.shopA,
    skus.map((ownSku) => productLine(ownSku)),
  );
  const created = (await posted).filter((answer) => answer.status === 201).length;
  if (status === 200) expect(created).toBe(0);
  else {
    expect(body.code).toBe('import_refused');
    // Products that were posted after the import was undone do not conflict with it.
    expect(body.failed).toBeGreaterThan(0);
    expect(body.failed).toBeLessThanOrEqual(created);
  }
  const shown = await shownSkus();
  for (const ownSku of skus)
    expect(shown.filter((other) => other === ownSku).length).toBeLessThan(2);
});
