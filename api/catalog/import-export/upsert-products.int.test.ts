import { describe, expect, test, vi } from 'vitest';
import { VARIANTS_PER_PRODUCT_MAX } from '../../../shared/contract/limits.ts';
import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import { writable } from '../../../shared/store/writable.ts';
import { afterNextRead } from '../../../shared/testing/after-next-read.ts';
import { givenForSale, givenOrders } from '../../testing/requests.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import { LINES_MAX } from './read/text-lines.ts';
import { importLines } from './testing/files.ts';

const api = await openTestApi();
const upsert = (lines: readonly unknown[], query = '') =>
  importLines(api.shopA, lines, `?mode=upsert${query}`);
let count = 0;
const newSku = () => `UP-${count++}`;

function line(sku: string, variant: object = {}, product: object = {}) {
  const variants = [{ sku, price: 100, currency: 'GBP', ...variant }];
  return { title: `Thing ${sku}`, type: 'furniture', variants, ...product };
}

interface Level {
  readonly onHand: number;
  readonly version: number;
}

async function findLevel(sku: string): Promise<Level | undefined> {
  const { body } = await api.shopA.get<{ items: Level[] }>(`/v1/inventory?sku=${sku}`);
  return body.items[0];
}

async function findProduct(sku: string) {
  const products = api.context.store.products;
  return products.findOne({ shopId: api.shopA.shopId, 'variants.sku': sku });
}

test('new products are stored with their stock, and importing the same file again changes nothing', async () => {
  const [firstSku, secondSku] = [newSku(), newSku()];
  const file = [line(firstSku, { onHand: 7 }), line(secondSku)];
  expect(await upsert(file, '&publish=true')).toMatchObject({
    status: 200,
    body: { created: 2, updated: 0, unchanged: 0, failed: 0 },
  });
  expect(await findProduct(firstSku)).toMatchObject({ status: 'published' });
  const [before, level] = [await findProduct(firstSku), await findLevel(firstSku)];
  expect(level).toMatchObject({ onHand: 7 });
  expect(await upsert(file)).toMatchObject({ body: { created: 0, updated: 0, unchanged: 2 } });
  expect(await findProduct(firstSku)).toEqual(before);
  expect(await findLevel(firstSku)).toEqual(level);
});

test('price, texts and stock of known SKUs change, and fields that the file does not contain are kept', async () => {
  const [sku, other, added] = [newSku(), newSku(), newSku()];
  const variants = [
    { sku, price: 100, currency: 'GBP', options: { size: 'S' } },
    { sku: other, price: 100, currency: 'GBP', options: { size: 'M' } },
  ];
  await upsert([{ ...line(sku), description: 'Old.', variants }]);
  const before = await findProduct(sku);
  const changed = [
    { sku, price: 250, currency: 'GBP', title: 'Small', onHand: 4 },
    { sku: added, price: 300, currency: 'GBP', options: { size: 'L' }, onHand: 2 },
  ];
  expect(await upsert([{ ...line(sku), title: 'New', variants: changed }])).toMatchObject({
    body: { created: 0, updated: 1, unchanged: 0, failed: 0 },
  });
  expect(await findProduct(sku)).toMatchObject({
    _id: before?._id,
    title: 'New',
    description: 'Old.',
    variants: [
      { id: before?.variants[0]?.id, price: 250, title: 'Small', options: { size: 'S' } },
      { id: before?.variants[1]?.id, sku: other, price: 100 },
      { sku: added, price: 300 },
    ],
  });
  expect([await findLevel(sku), await findLevel(added)]).toMatchObject([
    { onHand: 4 },
    { onHand: 2 },
  ]);
});

test('tags and media are replaced if given, metadata is merged, and other fields stay', async () => {
  const sku = newSku();
  const media = [{ url: 'https://cdn.example/front.jpg', alt: 'Front' }];
  const product = { tags: ['summer'], media, metadata: { erp: '1', colour: 'red' } };
  await upsert([line(sku, { metadata: { bin: 'A1' } }, product)]);
  await upsert([line(sku, { metadata: { lot: '7' } }, { tags: ['sale'], metadata: { erp: '2' } })]);
  expect(await findProduct(sku)).toMatchObject({
    tags: ['sale'],
    media,
    metadata: { erp: '2', colour: 'red' },
    variants: [{ metadata: { bin: 'A1', lot: '7' } }],
  });
  expect(await upsert([line(sku)])).toMatchObject({ body: { updated: 0, unchanged: 1 } });
});

test('in upsert mode, a column of CSV sets the stock; other modes refuse the column', async () => {
  const sku = newSku();
  const rows = ['title,type,sku,price,currency,On Hand', `A chair,furniture,${sku},100,GBP,12`];
  expect(await upsert(rows)).toMatchObject({ status: 200, body: { created: 1 } });
  expect(await findLevel(sku)).toMatchObject({ onHand: 12 });
  const invalid = [rows[0], `A chair,furniture,${sku},100,GBP,a dozen`];
  expect(await upsert(invalid)).toMatchObject({
    status: 200,
    body: { errors: [{ line: 2, path: 'on_hand', message: 'It must be a number.' }] },
  });
  expect(await importLines(api.shopA, rows, '?mode=report')).toMatchObject({
    status: 422,
    body: { errors: [{ line: 1, path: 'On Hand', code: 'invalid_header' }] },
  });
});

test('products before a fault of the file stay changed, and are in the audit log', async () => {
  const products = Array.from(
    { length: 9 },
    (_, index) => `Chair ${index},furniture,${newSku()},1,GBP`,
  );
  // Rows of empty cells are skipped. They are long enough to arrive after the products.
  const blankRows: string[] = Array(LINES_MAX).fill(',,,,');
  const file = ['title,type,sku,price,currency', ...products, ...blankRows];
  const refused = await upsert(file);
  expect(refused).toMatchObject({ status: 422, body: { code: 'import_refused' } });
  expect(refused.body.errors).toMatchObject([{ code: 'too_many_lines' }]);
  const { audit } = api.context.store;
  const entry = await audit.findOne({ action: 'products.imported' }, { sort: { _id: -1 } });
  // Products are stored eight at a time. The ninth was read, but not stored.
  expect(entry?.detail).toMatchObject({ mode: 'upsert', created: 8, updated: 0 });
});

describe('a product that cannot be changed', () => {
  test('is reported by its line, and nothing of it is changed', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 3 });
    const product = await api.context.store.products.findOne({ 'variants.id': variantId });
    const sku = product?.variants[0]?.sku ?? '';
    const headers = { 'idempotency-key': `up-${sku}` };
    const lines = [{ variantId, quantity: 2 }];
    await api.shopA.post('/v1/checkouts', { buyerId: 'b', lines }, headers);

    const queued = await api.context.store.checkouts.find({ status: 'queued' }).toArray();
    await settleCheckouts(
      api.context.ledger,
      queued.map(({ _id }) => _id),
    );
    const fine = newSku();
    const file = [
      { ...line(sku, { price: 999, onHand: 1 }), type: product?.type },
      line(fine),
      line(fine),
      line(newSku(), { price: -1 }),
      line(newSku(), { onHand: -1 }),
    ];
    expect(await upsert(file)).toMatchObject({
      status: 200,
      body: {
        created: 1,
        failed: 4,
        errors: [
          { line: 1, path: 'variants.0.onHand', code: 'stock_below_reserved' },
          { line: 3, path: 'variants.0.sku', code: 'duplicate_sku' },
          { line: 4, path: 'variants.0.price', code: 'invalid_request' },
          { line: 5, path: 'variants.0.onHand', message: 'It must be at least 0.' },
        ],
        failedLines: [
          { from: 1, to: 1 },
          { from: 3, to: 5 },
        ],
      },
    });
    expect(await findProduct(sku)).toMatchObject({
      variants: [{ price: product?.variants[0]?.price }],
    });
    expect(await findLevel(sku)).toMatchObject({ onHand: 3 });
  });

  test('may have SKUs of several products of the shop, or another type than its product', async () => {
    const [firstSku, secondSku] = [newSku(), newSku()];
    await upsert([line(firstSku), line(secondSku)]);
    const both = [firstSku, secondSku].map((sku) => ({
      sku,
      price: 5,
      currency: 'GBP',
      title: sku,
    }));
    const { body } = await upsert([
      { ...line(firstSku), variants: both },
      { ...line(firstSku), type: 'clothing' },
    ]);
    expect(body.errors.map(({ code }) => code)).toContain('duplicate_sku');
    expect(body.failed).toBe(2);
    expect((await findProduct(firstSku))?.variants[0]?.price).toBe(100);
  });
});

test('a price that reaches compareAtPrice and too many variants are refused', async () => {
  const [sku, full] = [newSku(), newSku()];
  const many = Array.from({ length: VARIANTS_PER_PRODUCT_MAX }, (_, index) => ({
    ...{ sku: `${full}-${index}`, price: 100, currency: 'GBP' },
  }));
  await upsert([line(sku, { compareAtPrice: 150 }), { ...line(full), variants: many }]);
  const before = [await findProduct(sku), await findProduct(`${full}-0`)];
  const [first] = many;
  const more = { ...line(full), title: 'More', variants: [first, { ...first, sku: newSku() }] };
  expect(await upsert([line(sku, { price: 150 }), more])).toMatchObject({
    status: 200,
    body: {
      ...{ created: 0, updated: 0, failed: 2 },
      errors: [
        { line: 1, path: 'variants.0.price', code: 'invalid_request' },
        { line: 2, path: 'variants', code: 'invalid_request' },
      ],
    },
  });
  expect([await findProduct(sku), await findProduct(`${full}-0`)]).toEqual(before);
  const both = line(sku, { price: 150, compareAtPrice: 180 });
  expect(await upsert([both])).toMatchObject({ body: { updated: 1, failed: 0 } });
});

test('units of lapsed orders do not prevent lowering the stock', async () => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 2 });
  const product = await api.context.store.products.findOne({ 'variants.id': variantId });
  const sku = product?.variants[0]?.sku ?? '';
  const request = { buyerId: 'b', lines: [{ variantId, quantity: 2 }] };
  const headers = { 'idempotency-key': `lapsed-${sku}` };
  const { body } = await api.shopA.post('/v1/checkouts', request, headers);
  await settleCheckouts(api.context.ledger, [body.id]);
  const lapsed = { $set: { reservedUntil: new Date() } };
  await writable(api.context.store).orders.updateOne({ checkoutId: body.id }, lapsed);
  const file = [{ ...line(sku, { onHand: 1 }), type: product?.type }];
  expect(await upsert(file)).toMatchObject({ body: { updated: 1, failed: 0 } });
  expect(await findLevel(sku)).toMatchObject({ onHand: 1 });
});

test('if units are reserved in the meantime, the whole product is refused, and the report names the variant', async () => {
  const [firstSku, secondSku, added] = [newSku(), newSku(), newSku()];
  const toVariant = (sku: string, size: string, onHand: number, price: number) => ({
    ...{ sku, price, currency: 'GBP', options: { size }, onHand },
  });
  const before = [toVariant(firstSku, 'S', 5, 100), toVariant(secondSku, 'M', 5, 100)];
  await upsert([line(firstSku, {}, { variants: before })], '&publish=true');
  const product = await findProduct(firstSku);
  const lines = [{ variantId: product?.variants[1]?.id ?? '', quantity: 4 }];
  const headers = { 'idempotency-key': `meantime-${secondSku}` };
  const { body } = await api.shopA.post('/v1/checkouts', { buyerId: 'b', lines }, headers);
  afterNextRead(api.context.store.stock, () => settleCheckouts(api.context.ledger, [body.id]));
  const after = [
    ...[toVariant(firstSku, 'S', 9, 200), toVariant(secondSku, 'M', 3, 200)],
    toVariant(added, 'L', 2, 200),
  ];
  const file = [line(firstSku, {}, { title: 'Changed', variants: after })];
  expect(await upsert(file)).toMatchObject({
    status: 200,
    body: {
      ...{ created: 0, updated: 0, failed: 1 },
      errors: [{ line: 1, path: 'variants.1.onHand', code: 'stock_below_reserved' }],
    },
  });
  expect(await findProduct(firstSku)).toEqual(product);
  expect(await findLevel(firstSku)).toMatchObject({ onHand: 5 });
  expect(await findLevel(secondSku)).toMatchObject({ onHand: 5, reserved: 4 });
  expect(await findLevel(added)).toBeUndefined();
});

/** Publishes a product of two variants, and returns a file that changes its stock and its prices. */
async function givenRepriced() {
  const [few, many] = [newSku(), newSku()];
  const toLine = (price: number, onHand: readonly [few: number, many: number]) => {
    const variants = [few, many].map((sku, index) => ({
      ...{ sku, price, currency: 'GBP', options: { size: `${index}` }, onHand: onHand[index] },
    }));
    return line(few, {}, { variants });
  };
  await upsert([toLine(1_000, [5, 0])], '&publish=true');
  const readStock = async () =>
    (await Promise.all([few, many].map(findLevel))).map((level) => level?.onHand);
  return { few, file: [toLine(2_000, [3, 100])], readStock };
}

test('added units are not on sale before the new price applies', async () => {
  const { few, file, readStock } = await givenRepriced();
  const { products } = api.context.store;
  const replace = products.replaceOne.bind(products);
  let stockAtChange: unknown;
  vi.spyOn(products, 'replaceOne').mockImplementationOnce(async (...change) => {
    stockAtChange = await readStock();
    return replace(...change);
  });
  expect(await upsert(file)).toMatchObject({ body: { updated: 1, failed: 0 } });
  expect(stockAtChange).toEqual([3, 0]);
  expect(await readStock()).toEqual([3, 100]);
  expect((await findProduct(few))?.variants.map(({ price }) => price)).toEqual([2_000, 2_000]);
});

test('no units are added if a concurrent edit makes the new price impossible', async () => {
  const { few, file, readStock } = await givenRepriced();
  const product = await findProduct(few);
  const variants = product?.variants.map((variant) => ({ ...variant, compareAtPrice: 1_500 }));
  afterNextRead(api.context.store.stock, async () => {
    const edited = await api.shopA.send('PATCH', `/v1/products/${product?._id}`, { variants });
    expect(edited.status).toBe(200);
  });
  expect(await upsert(file)).toMatchObject({
    body: { updated: 0, errors: [{ line: 1, path: 'variants.0.price', code: 'invalid_request' }] },
  });
  expect(await readStock()).toEqual([3, 0]);
  // With a price that is possible now, the same file adds the units.
  const [repriced] = file;
  const lower = repriced?.variants.map((variant) => ({ ...variant, price: 1_200 }));
  expect(await upsert([{ ...repriced, variants: lower }])).toMatchObject({ body: { updated: 1 } });
  expect(await readStock()).toEqual([3, 100]);
});

test.each([
  ['below', 10],
  ['equal to', 12],
])(
  'a count %s the units on hand is applied once, and units that are paid meanwhile stay sold',
  async (_, onHand) => {
    const sku = newSku();
    await upsert([line(sku, { onHand: 12 })], '&publish=true');
    const variantId = (await findProduct(sku))?.variants[0]?.id ?? '';
    const options = { buyerId: 'b', quantity: 1 };
    const [orderId = ''] = (await givenOrders(api, api.shopA, [variantId], options)).orderIds;
    const { products } = api.context.store;
    const replace = products.replaceOne.bind(products);
    vi.spyOn(products, 'replaceOne').mockImplementationOnce(async (...change) => {
      await api.shopA.post(`/v1/orders/${orderId}/confirm`);
      return replace(...change);
    });
    const file = [line(sku, { price: 200, onHand })];
    expect(await upsert(file)).toMatchObject({ body: { updated: 1, failed: 0 } });
    expect(await findLevel(sku)).toMatchObject({ onHand: onHand - 1, reserved: 0, sold: 1 });
  },
);
