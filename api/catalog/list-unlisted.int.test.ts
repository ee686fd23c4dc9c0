import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { productRequest, type ShownProduct } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { listUnlisted, UNLISTED } from './list-unlisted.ts';

const namespace = testNamespace();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace);
});
afterAll(() => api.close());

/** On sale, and as a process of the version before has stored it. */
async function givenOld(title: string): Promise<string> {
  const { body } = await api.shopA.post<ShownProduct>('/v1/products', productRequest({ title }));
  await api.shopA.post(`/v1/products/${body.id}/publish`);
  await products().updateOne({ _id: body.id as never }, { $unset: { listed: '' } });
  return body.id;
}

const products = () => api.context.store.products.collection;

async function idsOf(query: string): Promise<string[]> {
  const path = `/v1/products?limit=100&${query}`;
  const { body } = await api.shopB.get<{ items: ShownProduct[] }>(path);
  return body.items.map((item) => item.id);
}

test('what was stored after the migration is listed like everything else', async () => {
  const id = await givenOld('Quaint teapot');
  const queries = ['sort=title', 'sort=price_asc', 'q=quai'];
  for (const query of queries) expect(await idsOf(query)).not.toContain(id);
  const before = await products().findOne({ _id: id as never });
  expect(await listUnlisted(api.context.store)).toBe(1);
  for (const query of queries) expect(await idsOf(query)).toContain(id);
  const after = await products().findOne({ _id: id as never });
  expect(after).toEqual({ ...before, listed: expect.objectContaining({ title: 'quaint teapot' }) });
  expect(await listUnlisted(api.context.store)).toBe(0);
});

test('very many are listed in batches, and by several at the same time', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, (_, index) => givenOld(`Old ${index}`)));
  const copies = Array.from({ length: 400 }, (_, index) => ({
    _id: `prd_copy${index}`,
    shopId: api.shopA.shopId,
    title: `Copy ${index}`,
    type: 'furniture',
    attributes: {},
    status: 'draft',
    variants: [{ id: `var_copy${index}`, sku: `COPY-${index}`, price: 1, currency: 'GBP' }],
    createdAt: new Date(),
    updatedAt: new Date(),
  }));
  await products().insertMany(copies as never[]);
  const counts = await Promise.all([1, 2, 3].map(() => listUnlisted(api.context.store)));
  expect(counts.reduce((sum, count) => sum + count)).toBe(ids.length + copies.length);
  expect(await products().countDocuments({ listed: { $exists: false } })).toBe(0);
});

test('looking for them is served by an index', async () => {
  const plan = JSON.stringify(await products().find(UNLISTED).explain('executionStats'));
  expect(plan).toContain('products_by_price');
  expect(plan).not.toContain('COLLSCAN');
});
