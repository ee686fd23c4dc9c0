import { expect, test } from 'vitest';
import { variantRequest } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';
import { createEditor, type Edited } from './testing/edit-products.ts';

const api = await openTestApi();

const { edit, givenProduct } = createEditor(() => api.shopA);

test('a product whose type no longer exists can be edited, except for its attributes', async () => {
  const { id } = await givenProduct();
  await api.context.store.products.updateOne({ _id: id }, { $set: { type: 'gone' } });
  expect(await edit(id, { attributes: { material: 'wool' } })).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ path: 'attributes' }] },
  });
  expect(await edit(id, { title: 'Still here' })).toMatchObject({ status: 200 });
});

const validVariant = variantRequest({ sku: 'KEPT' });

const REFUSED: [string, unknown, number, string, string | undefined][] = [
  ['an empty object', {}, 400, 'invalid_request', ''],
  ['a list', [], 400, 'invalid_request', ''],
  ['a blank title', { title: ' ' }, 400, 'invalid_request', 'title'],
  ['no title', { title: null }, 400, 'invalid_request', 'title'],
  [
    'a description that is a query operator',
    { description: { $ne: 1 } },
    400,
    'invalid_request',
    'description',
  ],
  ['another type', { type: 'furniture' }, 400, 'invalid_request', 'type'],
  ['a status', { status: 'published' }, 400, 'invalid_request', 'status'],
  ['a revision', { title: 'x', revision: 9 }, 400, 'invalid_request', 'revision'],
  [
    'an unknown attribute',
    { attributes: { wheels: 4 } },
    400,
    'invalid_request',
    'attributes.wheels',
  ],
  [
    'another type’s attribute',
    { attributes: { room: 'study' } },
    400,
    'invalid_request',
    'attributes.room',
  ],
  [
    'an attribute that is a query operator',
    { attributes: { material: { $gt: '' } } },
    400,
    'invalid_request',
    'attributes.material',
  ],
  ['no variants', { variants: [] }, 400, 'invalid_request', 'variants'],
  [
    'an id that is a query operator',
    { variants: [{ ...validVariant, id: { $ne: 1 } }] },
    400,
    'invalid_request',
    'variants.0.id',
  ],
  [
    'an unknown field of a variant',
    { variants: [{ ...validVariant, stock: 5 }] },
    400,
    'invalid_request',
    'variants.0.stock',
  ],
  [
    'a compareAtPrice below the price',
    { variants: [{ ...validVariant, compareAtPrice: 1 }] },
    400,
    'invalid_request',
    'variants.0.compareAtPrice',
  ],
  [
    'another product’s variant',
    { variants: [{ ...validVariant, id: 'var_1' }] },
    422,
    'unknown_variant',
    'variants.0.id',
  ],
  [
    'two currencies',
    { variants: [validVariant, variantRequest({ currency: 'EUR' })] },
    422,
    'currency_mismatch',
    'variants.1.currency',
  ],
  [
    'a misspelt option',
    { variants: [validVariant, variantRequest({ options: { sise: 'S' } })] },
    422,
    'unknown_option',
    'variants.1.options.sise',
  ],
  [
    'the same options twice',
    { variants: [validVariant, { ...validVariant, sku: 'OTHER' }] },
    422,
    'overlapping_variants',
    'variants.1.options',
  ],
  [
    'one SKU twice',
    { variants: [validVariant, { ...variantRequest(), sku: 'KEPT' }] },
    409,
    'duplicate_sku',
    'variants.1.sku',
  ],
  [
    'another product’s SKU',
    { variants: [validVariant, variantRequest({ sku: 'TAKEN' })] },
    409,
    'duplicate_sku',
    'variants.1.sku',
  ],
];

let kept: Edited | undefined;

test.each(REFUSED)(
  'an edit with %s is refused and nothing is changed',
  async (_, changes, status, code, path) => {
    if (kept === undefined) {
      kept = await givenProduct({ variants: [validVariant] });
      await givenProduct({ variants: [variantRequest({ sku: 'TAKEN' })] });
    }
    const levels = await api.context.store.stock.countDocuments({ productId: kept.id });
    const answer = await edit(kept.id, changes);
    expect(answer).toMatchObject({ status, body: { code } });
    const { errors } = answer.body as unknown as { errors: { path: string }[] };
    expect(errors.map((error) => error.path)).toContain(path);
    const after = await api.shopA.get(`/v1/products/${kept.id}`);
    expect(after.body).toEqual(kept);
    expect(after.headers.get('etag')).toBe('"r1"');
    expect(await api.context.store.stock.countDocuments({ productId: kept.id })).toBe(levels);
  },
);

test('a product of another shop and a missing product are not found, with or without If-Match', async () => {
  const { id } = await givenProduct();
  for (const headers of [{}, { 'if-match': '*' }, { 'if-match': '"r1"' }] as const) {
    for (const path of [`/v1/products/${id}`, '/v1/products/prd_1']) {
      const answer = await api.shopB.send('PATCH', path, { title: 'Mine' }, headers);
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
  }
});
