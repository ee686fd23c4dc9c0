import { describe, expect, test } from 'vitest';
import { CSV, exportedText, NDJSON } from '../catalog/import-export/testing/files.ts';
import { ROUTES } from '../routes.ts';
import { productRequest, type ShownProduct, variantRequest } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

/** Names that have a meaning in JavaScript. */
const INHERITED = ['constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'toJSON'];

const api = await openTestApi();

/** Returns the JSON text of a value, with the member `NAME` renamed to `__proto__`. */
const withReserved = (value: unknown) => JSON.stringify(value).replace('"NAME"', '"__proto__"');
const json = { 'content-type': 'application/json' };

interface Shown extends ShownProduct {
  readonly variants: readonly (ShownProduct['variants'][number] & {
    readonly options?: Readonly<Record<string, string>>;
  })[];
}

describe('a member named __proto__ is refused with its path', () => {
  test('as the name of an option, an attribute or a field of a product', async () => {
    const options = { size: 'M', NAME: 'x' };
    for (const [body, path] of [
      [productRequest({ variants: [variantRequest({ options })] }), 'variants.0.options.__proto__'],
      [productRequest({ attributes: { NAME: 'x' } }), 'attributes.__proto__'],
      [productRequest({ NAME: {} }), '__proto__'],
    ] as const) {
      expect(await api.shopA.post('/v1/products', withReserved(body), json)).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', errors: [{ path }] },
      });
    }
  });

  test('in a change of a product', async () => {
    const { body } = await api.shopA.post<Shown>('/v1/products', productRequest());
    const changes = withReserved({ attributes: { material: 'wool', NAME: 'x' } });
    const changed = await api.shopA.send('PATCH', `/v1/products/${body.id}`, changes, json);
    expect(changed).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'attributes.__proto__' }] },
    });
  });

  test('in a line of an import, whose product is not created', async () => {
    const bad = productRequest({ variants: [variantRequest({ options: { NAME: 'x' } })] });
    const file = `${withReserved(bad)}\n${JSON.stringify(productRequest())}\n`;
    const answer = await api.shopA.post('/v1/products/import?mode=report', file, NDJSON);
    expect(answer.body).toMatchObject({
      created: 1,
      failed: 1,
      errors: [{ line: 1, path: 'variants.0.options.__proto__' }],
    });
  });

  test('as a query parameter, and so are names of inherited members', async () => {
    for (const name of ['__proto__', ...INHERITED]) {
      expect(await api.shopA.get(`/v1/products?${name}=1`)).toMatchObject({
        status: 400,
        body: { errors: [{ path: name }] },
      });
    }
  });

  test.each(
    ROUTES.filter(({ spec }) => spec.body !== undefined && 'anyone' in spec.access).map(
      ({ spec }) => [spec.path] as const,
    ),
  )('in the body of %s', async (path) => {
    expect(await api.anonymous.post(path, '{"__proto__":{"admin":true}}', json)).toMatchObject({
      status: 400,
      body: { errors: [{ path: '__proto__' }] },
    });
  });
});

test('options may have the name of an inherited member, in JSON, NDJSON and CSV', async () => {
  const shop = await api.newShop();
  const options = Object.fromEntries(INHERITED.map((name) => [name, `a ${name}`]));
  const variants = [
    variantRequest({ options }),
    variantRequest({ options: { ...options, toString: 'another' } }),
  ];
  const posted = await shop.post<Shown>('/v1/products', productRequest({ variants }));
  expect(posted).toMatchObject({ status: 201, body: { variants: [{ options }, {}] } });
  await shop.post(`/v1/products/${posted.body.id}/publish`);
  const shown = await shop.get<Shown>(`/v1/products/${posted.body.id}`);
  expect(shown.body.variants.map((variant) => variant.options)).toEqual(
    variants.map((variant) => variant['options']),
  );
  // Puts a product without these options into the same file.
  await shop.post('/v1/products', productRequest());
  for (const [format, type] of [
    ['ndjson', NDJSON],
    ['csv', CSV],
  ] as const) {
    const file = await exportedText(shop, `?format=${format}`);
    const target = await api.newShop();
    const imported = await target.post('/v1/products/import?mode=report', file, type);
    expect(imported.body).toMatchObject({ created: 2, errors: [] });
    const lines = (await exportedText(target, '?format=ndjson')).trimEnd().split('\n');
    const products = lines.map((line) => JSON.parse(line) as Shown);
    expect(
      products.flatMap((product) => product.variants.map((variant) => variant.options)),
    ).toEqual(expect.arrayContaining(variants.map((variant) => variant['options'])));
  }
});

test.each(INHERITED)(
  'an attribute or option named %s is refused like any other unknown name',
  async (name) => {
    const request = productRequest({ attributes: { [name]: 'x' } });
    expect(await api.shopA.post('/v1/products', request)).toMatchObject({
      status: 400,
      body: { errors: [{ path: `attributes.${name}` }] },
    });
    const variants = [
      variantRequest({ options: { size: 'M' } }),
      variantRequest({ options: { [name]: 'M' } }),
    ];
    const mixed = await api.shopA.post('/v1/products', productRequest({ variants }));
    expect(mixed).toMatchObject({ status: 422, body: { code: 'unknown_option' } });
  },
);

test('buyer ids, SKUs and discount codes may be __proto__ or the name of an inherited member', async () => {
  for (const name of ['__proto__', ...INHERITED]) {
    const variants = [variantRequest({ sku: name })];
    const posted = await api.shopA.post<Shown>('/v1/products', productRequest({ variants }));
    expect(posted).toMatchObject({ status: 201, body: { variants: [{ sku: name }] } });
    const variantId = posted.body.variants[0]?.id;
    await api.shopA.post(`/v1/products/${posted.body.id}/publish`);
    await api.shopA.post(`/v1/inventory/${variantId}/adjustments`, { set: 1, reason: 'delivery' });
    const review = { buyerId: name, lines: [{ variantId, quantity: 1 }], discountCodes: [name] };
    const reviewed = await api.shopA.post('/v1/checkouts/review', review);
    expect(reviewed).toMatchObject({ status: 200 });
  }
});
