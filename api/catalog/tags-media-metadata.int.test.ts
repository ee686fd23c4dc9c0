import { expect, test } from 'vitest';
import { productRequest, variantRequest } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';
import { givenOwnShop, givenProducts, readPages, titlesIn } from './testing/given-products.ts';

const api = await openTestApi();

interface Shown {
  readonly id: string;
  readonly metadata?: object;
  readonly tags?: readonly string[];
  readonly media?: readonly object[];
  readonly attributes: object;
  readonly variants: readonly { readonly id: string; readonly sku: string; metadata?: object }[];
}

async function create(changes: Record<string, unknown>) {
  return api.shopA.post<Shown>('/v1/products', productRequest(changes));
}

async function givenBuyer() {
  const { body } = await api.shopA.post<{ token: string }>('/v1/buyer-tokens', { buyerId: 'bob' });
  return { authorization: `Bearer ${body.token}` };
}

test('a product can have tags, media and metadata, and its variants can have metadata', async () => {
  const facts = {
    tags: ['New', 'Été'],
    media: [{ url: 'https://cdn.example/1.jpg', alt: 'From the front' }, { url: 'https://b.c/2' }],
    metadata: { erp_id: '4711', 'shop:note': ' kept as it is ' },
  };
  const variants = [variantRequest({ metadata: { bin: 'A-7' } })];
  const { status, body } = await create({ ...facts, variants });
  expect({ status, body }).toMatchObject({ status: 201, body: { ...facts, variants } });
  expect((await api.shopA.get(`/v1/products/${body.id}`)).body).toMatchObject({
    ...facts,
    variants,
  });
});

test('only the shop itself sees the metadata of its products; other shops and buyers do not', async () => {
  const variants = [variantRequest({ metadata: { secret: 'of-variant' } })];
  const { body } = await create({ title: 'Quince', metadata: { secret: 'of-product' }, variants });
  await api.shopA.post(`/v1/products/${body.id}/publish`);
  const headers = await givenBuyer();
  const paths = [
    `/v1/products/${body.id}`,
    `/v1/products?q=quince&shopId=${api.shopA.shopId}`,
    `/v1/variants?ids=${body.variants[0]?.id}`,
  ];
  for (const path of paths) {
    const own = JSON.stringify((await api.shopA.get(path)).body);
    expect(own).toContain('of-variant');
    const byBuyer = await fetch(`${api.url}${path}`, { headers });
    for (const text of [JSON.stringify((await api.shopB.get(path)).body), await byBuyer.text()]) {
      expect(text).toContain(body.variants[0]?.sku);
      expect(text).not.toContain('secret');
    }
  }
});

test('an edit changes metadata key by key, and replaces tags and media', async () => {
  const [first, second] = [variantRequest({ metadata: { bin: '1', old: 'x' } }), variantRequest()];
  const { body } = await create({
    metadata: { a: '1', b: '2' },
    tags: ['x'],
    variants: [first, second],
  });
  const path = `/v1/products/${body.id}`;
  const edited = await api.shopA.send<Shown>('PATCH', path, {
    metadata: { a: null, c: '3' },
    tags: ['y'],
    variants: [{ ...first, metadata: { old: null, bin: '2' } }, second],
  });
  expect(edited.body).toMatchObject({ metadata: { b: '2', c: '3' }, tags: ['y'] });
  expect(edited.body.variants.map(({ metadata }) => metadata)).toEqual([{ bin: '2' }, undefined]);
  // A variant that is sent without metadata keeps its metadata.
  const { metadata: _, ...withoutMetadata } = first;
  const kept = await api.shopA.send<Shown>('PATCH', path, {
    variants: [withoutMetadata, second],
    tags: [],
  });
  expect(kept.body.variants[0]?.metadata).toEqual({ bin: '2' });
  expect(kept.body).not.toHaveProperty('tags');
  const emptied = await api.shopA.send<Shown>('PATCH', path, { metadata: { b: null, c: null } });
  expect(emptied.body).not.toHaveProperty('metadata');
});

test('the maximum number of metadata keys applies across several edits', async () => {
  const keys = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${from + n}`, 'v']));
  const { body } = await create({ metadata: keys(0, 50) });
  const path = `/v1/products/${body.id}`;
  const refused = await api.shopA.send('PATCH', path, { metadata: keys(50, 1) });
  expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'metadata' }] } });
  const swapped = await api.shopA.send('PATCH', path, { metadata: { ...keys(50, 1), k0: null } });
  expect(swapped.status).toBe(200);
});

test('a general product has attributes of any name, and is found by them', async () => {
  const attributes = { 'Länge, cm': '120', Brand: 'Acme Perch' };
  const { status, body } = await create({ title: 'Rod', type: 'general', attributes });
  expect({ status, body }).toMatchObject({ status: 201, body: { type: 'general', attributes } });
  const pages = await readPages(api.shopA, '/v1/shop/products?q=perch&type=general');
  expect(titlesIn(pages)).toEqual(['Rod']);
  const path = `/v1/products/${body.id}`;
  const edited = await api.shopA.send<Shown>('PATCH', path, { attributes: { Weight: '2 kg' } });
  expect(edited.body.attributes).toEqual({ Weight: '2 kg' });
});

const long = (length: number) => 'x'.repeat(length);

test.each([
  [{ metadata: { [long(41)]: 'v' } }, `metadata.${long(40)}`],
  [{ metadata: { 'a.b': 'v' } }, 'metadata.a.b'],
  [{ metadata: { $set: 'v' } }, 'metadata.$set'],
  [{ metadata: { a: long(501) } }, 'metadata.a'],
  [{ metadata: { a: 1 } }, 'metadata.a'],
  [{ metadata: { a: null } }, 'metadata.a'],
  [{ variants: [variantRequest({ metadata: { a: '' } })] }, 'variants.0.metadata.a'],
  [{ tags: ['a,b'] }, 'tags.0'],
  [{ tags: ['Ete', 'été'] }, 'tags'],
  [{ tags: Array.from({ length: 51 }, (_, n) => `t${n}`) }, 'tags'],
  [{ media: [{ url: 'http://a.b/1.jpg' }] }, 'media.0.url'],
  [{ media: [{ url: 'https://user:word@a.b/1.jpg' }] }, 'media.0.url'],
  [{ media: [{ url: 'https://' }] }, 'media.0.url'],
  [{ media: [{ url: 'javascript:alert(1)' }] }, 'media.0.url'],
  [{ media: [{ url: 'https://a.b/1', alt: ' ' }] }, 'media.0.alt'],
  [{ media: [{ url: 'https://a.b/1' }, { url: 'https://a.b/1', alt: 'x' }] }, 'media'],
  [{ media: Array.from({ length: 21 }, (_, n) => ({ url: `https://a.b/${n}` })) }, 'media'],
  [{ type: 'general', attributes: { 'a.b': 'x' } }, 'attributes.a.b'],
  [{ type: 'general', attributes: { a: 1 } }, 'attributes.a'],
  [{ type: 'general', attributes: { a: 'x', A: 'y' } }, 'attributes'],
])('a product with %j is refused', async (changes, path) => {
  expect(await create(changes)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
});

test('lists can be filtered by tag, whatever its letter case and accents, and a cursor is valid only for its tag', async () => {
  const shop = await givenOwnShop(api);
  await givenProducts(api, shop, [
    { title: 'A', tags: ['Été 2026', 'new'] },
    { title: 'B', tags: ['new'] },
    { title: 'C' },
    { title: 'D', tags: ['NEW'], status: 'draft' },
  ]);
  const titles = async (path: string) => titlesIn(await readPages(shop, path));
  const publicList = `/v1/products?shopId=${shop.shopId}`;
  expect(await titles(`${publicList}&tag=New`)).toEqual(['B', 'A']);
  expect(await titles(`${publicList}&tag=ete%202026`)).toEqual(['A']);
  expect(await titles(`${publicList}&tag=ne`)).toEqual([]);
  expect(await titles(`${publicList}&q=new`)).toHaveLength(2);
  expect(await titles('/v1/shop/products?tag=new&sort=title')).toEqual(['A', 'B', 'D']);
  const { body } = await shop.get<{ nextCursor: string }>(`${publicList}&tag=new&limit=1`);
  const other = await shop.get(`${publicList}&tag=old&limit=1&cursor=${body.nextCursor}`);
  expect(other).toMatchObject({ status: 400, body: { errors: [{ path: 'cursor' }] } });
});

test('the list of a tag is read from an index, without sorting', async () => {
  const { products } = api.context.store;
  const plan = await products
    .find({ 'listed.tags': 'new', status: 'published' })
    .sort({ _id: -1 })
    .explain();
  const winningPlan = JSON.stringify(
    (plan as { queryPlanner: { winningPlan: object } }).queryPlanner.winningPlan,
  );
  expect(winningPlan).toContain('"indexName":"products_by_tag"');
  expect(winningPlan).not.toContain('"stage":"SORT"');
});
