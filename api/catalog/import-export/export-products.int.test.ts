import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { RECHECK_MS } from '../../access/recheck.ts';
import { openTestApi, type TestShop } from '../../testing/start-test-api.ts';
import { givenProducts } from '../testing/given-products.ts';
import { CSV, exportedText, importLines, NDJSON, productLine } from './testing/files.ts';

const api = await openTestApi();

const NASTY = [
  'A "quoted", title',
  'Two\nlines',
  'Dos\r\nlines',
  "=cmd|' /C calc'!A0",
  "'=1",
  '+44 20 7946 0000',
  '-10 °C flask',
  '@home',
  'Stół „dębowy” 🪑',
];

const products = NASTY.map((title, index) =>
  productLine(`=NASTY-${index}`, {
    title,
    description: `About ${title}`,
    attributes: { material: title, widthMm: 40 + index, needsAssembly: index % 2 === 0 },
    variants: ['S', 'M,"L"', '-1'].map((size) => ({
      sku: `=N-${index}-${size}`,
      title: `${title} ${size}`,
      price: index,
      compareAtPrice: index + 1,
      currency: 'GBP',
      options: { size, 'Grip colour': title },
      quantityRule: { min: 2, step: 2 },
    })),
  }),
);

/** A separate shop, because the tests count its products. */
async function givenShop(): Promise<TestShop> {
  const shop = await api.context.store.shops.insertOne({
    _id: `shp_${Math.random()}`,
    name: 'Another',
    email: `${Math.random()}@shops.example`,
    createdAt: new Date(),
  });
  const shopId = String(shop.insertedId);
  return api.withScopes({ ...api.shopA, shopId }, ['catalog:write', 'inventory:write']);
}

test.each([
  ['ndjson', NDJSON],
  ['csv', CSV],
])(
  'products exported as %s are the same after another shop imports and exports them',
  async (format, type) => {
    const [from, to] = [await givenShop(), await givenShop()];
    expect((await importLines(from, products)).body).toMatchObject({ created: NASTY.length });
    const file = await exportedText(from, `?format=${format}`);
    const moved = await to.post('/v1/products/import', file, type);
    expect(moved).toMatchObject({ status: 200, body: { created: NASTY.length, errors: [] } });
    const lines = (await exportedText(to)).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(products);
    for (const cell of file.split(/[\n,]/))
      if (format === 'csv') expect(cell).not.toMatch(/^"?[=+@-]/);
  },
);

test.each([
  ['ndjson', NDJSON],
  ['csv', CSV],
])('empty fields are not stored, so an export as %s loses nothing', async (format, type) => {
  const [from, to] = [await givenShop(), await givenShop()];
  const empty = { options: {}, quantityRule: {} };
  const variants = [{ sku: 'EMPTY', price: 1, currency: 'GBP' }];
  const plain = productLine('EMPTY', { variants });
  const withEmptyFields = { ...plain, description: '', attributes: {} };
  await importLines(from, [
    { ...withEmptyFields, variants: variants.map((variant) => ({ ...variant, ...empty })) },
  ]);
  const moved = await to.post(
    '/v1/products/import',
    await exportedText(from, `?format=${format}`),
    type,
  );
  expect(moved.body).toMatchObject({ created: 1 });
  for (const shop of [from, to]) expect(JSON.parse(await exportedText(shop))).toEqual(plain);
});

test('the shop’s own drafts and published products are exported, optionally by status; deleted products and those of an unfinished import are not', async () => {
  const shop = await givenShop();
  await importLines(shop, [productLine('DRAFT')]);
  await importLines(shop, [productLine('SOLD')], '?publish=true');
  const exportSkus = async (query: string) => {
    const file = await exportedText(shop, query);
    return [...file.matchAll(/"sku":"(\w+)"/g)].map(([, sku]) => sku);
  };
  expect(await exportSkus('')).toEqual(['DRAFT', 'SOLD']);
  expect(await exportSkus('?status=draft')).toEqual(['DRAFT']);
  expect(await exportSkus('?status=published')).toEqual(['SOLD']);
  const { store } = api.context;
  await store.products.updateOne({ 'variants.sku': 'SOLD' }, { $set: { importId: 'imp_1' } });
  await store.products.updateOne({ 'variants.sku': 'DRAFT' }, { $set: { status: 'deleted' } });
  expect(await exportSkus('')).toEqual([]);
});

test('a shop without products gets a file too, with a media type and a name', async () => {
  const shop = await givenShop();
  const csv = await shop.get<string>('/v1/products/export?format=csv');
  expect(csv.body).toMatch(
    /^product,title,description,type,product_purchase_limit,product_purchase_limit_days,publish_at,sale_from,sale_until,tags,media,metadata,sku,.*\r\n$/,
  );
  expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(csv.headers.get('content-disposition')).toContain('products.csv');
  expect((await shop.post('/v1/products/import', csv.body, CSV)).body).toMatchObject({
    created: 0,
  });
  const ndjson = await shop.get<string>('/v1/products/export');
  expect([ndjson.body, ndjson.headers.get('content-type')]).toEqual(['', 'application/x-ndjson']);
});

test.each(['?format=xml', '?status=deleted', '?limit=1'])(
  'an export with %s is refused',
  async (query) => {
    expect(await api.shopA.get(`/v1/products/export${query}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
  },
);

test('products with more options than a CSV file can have columns are exported as NDJSON only', async () => {
  const shop = await givenShop();
  const lines = Array.from({ length: 60 }, (_, index) => {
    const names = Array.from({ length: 10 }, (__, place) => `o${index}x${place}`);
    const options = Object.fromEntries(names.map((name) => [name, 'x']));
    const variants = [{ sku: `W-${index}`, price: 1, currency: 'GBP', options }];
    return productLine('', { title: 'Wide', variants });
  });
  await importLines(shop, lines);
  const refused = await shop.get('/v1/products/export?format=csv');
  expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'format' }] } });
  expect((await exportedText(shop)).split('\n')).toHaveLength(61);
});

async function stalledExport(shop: TestShop): Promise<Socket> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const head = ['GET /v1/products/export HTTP/1.1', 'host: here', `x-api-key: ${shop.apiKey}`];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  await once(socket, 'readable');
  return socket;
}

test('a shop can have two unread exports; they end when the client disconnects or the key is revoked', async () => {
  const shop = await givenShop();
  const description = 'x'.repeat(9_900);
  const large = Array.from({ length: 1_500 }, () => ({ description }));
  await givenProducts(api, shop, large);
  const sockets = await Promise.all(Array.from({ length: 2 }, () => stalledExport(shop)));
  const refused = await shop.get('/v1/products/export');
  expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  // One shop does not block another.
  expect((await api.shopB.get('/v1/products/export')).status).toBe(200);
  for (const socket of sockets) socket.destroy();
  const status = async () => (await shop.get('/v1/products/export?status=published')).status;
  await expect.poll(status).toBe(200);

  // A response to HEAD has no body, so it takes no slot.
  const headers = { 'x-api-key': shop.apiKey };
  for (let n = 0; n < 3; n += 1) {
    const head = await fetch(`${api.url}/v1/products/export`, { method: 'HEAD', headers });
    expect(head.status).toBe(200);
  }

  // An export whose key is revoked is broken off, however slowly its client reads.
  const slow = await stalledExport(shop);
  const openedAt = performance.now();
  await api.context.store.apiKeys.updateOne(
    { _id: shop.keyId },
    { $set: { revokedAt: new Date() } },
  );
  await expect.poll(async () => (await shop.get('/v1/shop')).status).toBe(401);
  // The key is checked again after this time. If the client read the whole file before the check,
  // the export would end normally.
  await expect.poll(() => performance.now() - openedAt).toBeGreaterThan(RECHECK_MS);
  let bytes = 0;
  slow.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(slow, 'close');
  expect(bytes).toBeLessThan(large.length * description.length);
});
