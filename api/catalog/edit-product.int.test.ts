import { expect, test } from 'vitest';
import { reconcile } from '../../shared/ledger/judging/reconcile.ts';
import { givenForSale, type ShownProduct, variantRequest } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';
import { createEditor } from './testing/edit-products.ts';

const api = await openTestApi();

const { edit, givenProduct } = createEditor(() => api.shopA);

const readEtag = async (id: string) =>
  (await api.shopA.get(`/v1/products/${id}`)).headers.get('etag') ?? '';

/** Returns the request for a shown variant, with its id. */
function toVariantRequest(variant: ShownProduct['variants'][number]): Record<string, unknown> {
  const { available, ...request } = variant;
  return request;
}

async function reconcileStock() {
  const { context } = api;
  return reconcile(context.ledger, { fix: false });
}

test('only the given field changes, and the ETag changes', async () => {
  const product = await givenProduct();
  const before = await readEtag(product.id);
  const { status, headers, body } = await edit(product.id, { title: ' Linen blouse ' });
  expect(status).toBe(200);
  const { updatedAt, title, ...same } = product;
  expect(body).toEqual({ ...same, title: 'Linen blouse', updatedAt: expect.any(String) });
  expect(headers.get('etag')).toBe('"r2"');
  expect([before, await readEtag(product.id)]).toEqual(['"r1"', '"r2"']);
  expect((await api.shopA.get(`/v1/products/${product.id}`)).body).toEqual(body);
});

test('a change to the current values changes nothing and keeps the ETag', async () => {
  const product = await givenProduct();
  const { title, attributes, variants } = product;
  const same = { title, attributes, variants: variants.map(toVariantRequest) };
  const { status, headers, body } = await edit(product.id, same);
  expect({ status, etag: headers.get('etag'), body }).toEqual({
    status: 200,
    etag: '"r1"',
    body: product,
  });
});

test('null removes the description, and attributes are replaced', async () => {
  const product = await givenProduct();
  const attributes = { brand: 'Weaver' };
  const { body } = await edit(product.id, { description: null, attributes });
  expect(body).not.toHaveProperty('description');
  expect(body.attributes).toEqual(attributes);
  const stored = await api.context.store.products.findOne({ _id: product.id });
  expect(stored).not.toHaveProperty('description');
});

test('variants that an edit lists keep id and stock, new variants have no stock, and variants that it leaves out are removed', async () => {
  const [small, medium, large] = ['S', 'M', 'L'].map((size) =>
    variantRequest({ options: { size } }),
  );
  const product = await givenProduct({ variants: [small, medium, large] });
  const [first, second, third] = product.variants;
  await api.shopA.post(`/v1/inventory/${first?.id}/adjustments`, { set: 3, reason: 'delivery' });
  await api.shopA.post(`/v1/inventory/${second?.id}/adjustments`, { set: 4, reason: 'delivery' });
  const added = variantRequest({ options: { size: 'XL' }, compareAtPrice: 5_000 });
  const renamed = { ...medium, sku: 'RENAMED', id: second?.id };
  const { status, body } = await edit(product.id, { variants: [added, renamed, small] });
  expect(status).toBe(200);
  expect(body.variants).toEqual([
    { ...added, id: expect.stringMatching(/^var_/), available: 0 },
    { ...renamed, available: 4 },
    { ...small, id: first?.id, available: 3 },
  ]);
  const levels = await api.context.store.stock.find({ productId: product.id }).toArray();
  expect(levels).toHaveLength(4);
  // The stock level of the removed variant is kept.
  expect((await api.shopA.get(`/v1/inventory/${third?.id}`)).body).toMatchObject({ onHand: 0 });
  const moved = await api.shopA.get(`/v1/inventory/${third?.id}/movements`);
  expect(moved.body).toMatchObject({ items: [{ reason: 'removed from its product', version: 1 }] });
  expect((await reconcileStock()).differences).toEqual([]);
});

test('if an edit leaves out a variant with units on hand, the edit is refused and changes nothing', async () => {
  const { productId, variantId } = await givenForSale(api.shopA, { onHand: 1 });
  const changes = { title: 'Another', variants: [variantRequest()] };
  const before = await api.shopA.get(`/v1/products/${productId}`);
  expect(await edit(productId, changes)).toMatchObject({
    status: 409,
    body: { code: 'variant_has_stock', variantId, onHand: 1, reserved: 0 },
  });
  const after = await api.shopA.get(`/v1/products/${productId}`);
  expect(after.body).toEqual(before.body);
  expect(after.headers.get('etag')).toBe(before.headers.get('etag'));
});

test('a product without a revision can be edited', async () => {
  const { id } = await givenProduct();
  const { products } = api.context.store;
  await products.updateOne({ _id: id }, { $unset: { revision: 1, listed: 1, changeId: 1 } });
  expect(await readEtag(id)).toBe('"r0"');
  const { status, headers } = await edit(id, { title: 'Newer' }, { 'if-match': '"r0"' });
  expect([status, headers.get('etag')]).toEqual([200, '"r1"']);
  expect(await products.findOne({ _id: id })).toMatchObject({ listed: { title: 'newer' } });
});

test('edits are recorded in the audit log', async () => {
  const { id } = await givenProduct();
  await edit(id, { title: 'On record' });
  const entries = await api.context.store.audit.find({ target: id }).sort({ _id: 1 }).toArray();
  expect(entries).toMatchObject([
    { action: 'product.created' },
    { action: 'product.changed', detail: { fields: ['title'] }, outcome: 'done' },
  ]);
});
