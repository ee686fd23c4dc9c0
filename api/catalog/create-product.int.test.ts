import { expect, test } from 'vitest';
import { productRequest, type ShownProduct, variantRequest } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi();

test('a product is created as a draft with nothing in stock', async () => {
  const request = productRequest({
    variants: [
      variantRequest({ sku: 'A-1', compareAtPrice: 5_900 }),
      { sku: 'A-2', price: 0, currency: 'GBP', options: { size: 'L' } },
    ],
  });
  const { status, headers, body } = await api.shopA.post<ShownProduct>('/v1/products', request);
  expect(status).toBe(201);
  expect(headers.get('location')).toBe(`/v1/products/${body.id}`);
  expect(headers.get('x-request-id')).toMatch(/^req_/);
  expect(headers.get('etag')).toBe('"r1"');
  expect(body).toEqual({
    ...request,
    id: expect.stringMatching(/^prd_/),
    shopId: api.shopA.shopId,
    status: 'draft',
    variants: [
      {
        ...(request['variants'] as object[])[0],
        id: expect.stringMatching(/^var_/),
        available: 0,
      },
      { ...(request['variants'] as object[])[1], id: expect.stringMatching(/^var_/), available: 0 },
    ],
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: expect.stringMatching(/Z$/),
  });
  const levels = await api.context.store.stock.find({ productId: body.id }).toArray();
  expect(levels).toHaveLength(2);
  expect(levels).toContainEqual(
    expect.objectContaining({ _id: body.variants[0]?.id, onHand: 0, reserved: 0, version: 0 }),
  );
});

test.each(['clothing', 'electronics', 'furniture', 'general'])(
  'a product of the type %s needs no attributes',
  async (type) => {
    const request = { ...productRequest(), type, attributes: undefined };
    const { status, body } = await api.shopA.post('/v1/products', request);
    expect(status).toBe(201);
    expect(body).toMatchObject({ type, attributes: {} });
  },
);

test.each([
  ['an invisible title', { title: '\u200b' }, 'title'],
  ['a title of NUL', { title: '\0' }, 'title'],
  ['a description with NUL', { description: 'a\0' }, 'description'],
  ['an invisible attribute', { attributes: { brand: '\u2060' } }, 'attributes.brand'],
  ['an invisible option', { options: { size: '\u00ad' } }, 'variants.0.options.size'],
  ['an option named with a dot', { options: { 'max.size': 'M' } }, 'variants.0.options.max.size'],
  ['an option named with a line break', { options: { 'a\nb': 'M' } }, 'variants.0.options.a\nb'],
  ['options that differ only in case', { options: { size: 'M', Size: 'L' } }, 'variants.0.options'],
] as [string, Record<string, unknown>, string][])(
  'a product with %s is refused',
  async (_, { options, ...changes }, path) => {
    const variants = [variantRequest(options === undefined ? {} : { options })];
    const answer = await api.shopA.post('/v1/products', productRequest({ variants, ...changes }));
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  },
);

test.each([
  [-1, 'It must be at least 0.'],
  [100_000_001, 'It must be at most 100000000.'],
  [0.5, 'It must be a whole number of minor units, such as 1250 for £12.50.'],
])('the message for the invalid price %d says what is wrong', async (price, message) => {
  const request = productRequest({ variants: [variantRequest({ price })] });
  expect(await api.shopA.post('/v1/products', request)).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'variants.0.price', message }] },
  });
});

test('another shop may use the same SKU', async () => {
  const request = productRequest({ variants: [variantRequest({ sku: 'SHARED' })] });
  expect((await api.shopA.post('/v1/products', request)).status).toBe(201);
  expect((await api.shopB.post('/v1/products', request)).status).toBe(201);
});

test('exactly one of several concurrent requests with the same SKU succeeds', async () => {
  const request = () =>
    productRequest({ variants: [variantRequest(), variantRequest({ sku: 'RACE' })] });
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => api.shopA.post('/v1/products', request())),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
    expect({ status, body }).toMatchObject({
      status: 409,
      body: { code: 'duplicate_sku', errors: [{ path: 'variants.1.sku' }] },
    });
  }
  const stored = await api.context.store.products.find({ 'variants.sku': 'RACE' }).toArray();
  const levels = await api.context.store.stock.find({ productId: stored[0]?._id ?? '' }).toArray();
  expect([stored.length, levels.length]).toEqual([1, 2]);
});

const REFUSED: [string, Record<string, unknown>, number, string, string?][] = [
  ['no title', { title: undefined }, 400, 'invalid_request', 'title'],
  ['a blank title', { title: '  ' }, 400, 'invalid_request', 'title'],
  ['a long title', { title: 'x'.repeat(201) }, 400, 'invalid_request', 'title'],
  ['a title that is a query operator', { title: { $gt: '' } }, 400, 'invalid_request', 'title'],
  ['an unknown type', { type: 'vehicle' }, 400, 'invalid_request', 'type'],
  ['a type that is a query operator', { type: { $ne: 1 } }, 400, 'invalid_request', 'type'],
  ['an unknown field', { colour: 'red' }, 400, 'invalid_request', 'colour'],
  ['a shop id', { shopId: 'shp_1' }, 400, 'invalid_request', 'shopId'],
  [
    'an unknown attribute',
    { attributes: { wheels: 4 } },
    400,
    'invalid_request',
    'attributes.wheels',
  ],
  [
    'another type’s attribute',
    { type: 'furniture', attributes: { fit: 'slim' } },
    400,
    'invalid_request',
    'attributes.fit',
  ],
  ['no variants', { variants: [] }, 400, 'invalid_request', 'variants'],
  [
    'too many variants',
    { variants: Array.from({ length: 101 }, () => variantRequest()) },
    400,
    'invalid_request',
    'variants',
  ],
  [
    'a negative price',
    { variants: [variantRequest({ price: -1 })] },
    400,
    'invalid_request',
    'variants.0.price',
  ],
  [
    'a price of half a penny',
    { variants: [variantRequest({ price: 0.5 })] },
    400,
    'invalid_request',
    'variants.0.price',
  ],
  [
    'a price as text',
    { variants: [variantRequest({ price: '5' })] },
    400,
    'invalid_request',
    'variants.0.price',
  ],
  [
    'a compareAtPrice below the price',
    { variants: [variantRequest(), variantRequest({ price: 500, compareAtPrice: 499 })] },
    400,
    'invalid_request',
    'variants.1.compareAtPrice',
  ],
  [
    'a compareAtPrice equal to the price',
    { variants: [variantRequest({ price: 500, compareAtPrice: 500 })] },
    400,
    'invalid_request',
    'variants.0.compareAtPrice',
  ],
  [
    'a compareAtPrice of half a penny',
    { variants: [variantRequest({ price: 500, compareAtPrice: 500.5 })] },
    400,
    'invalid_request',
    'variants.0.compareAtPrice',
  ],
  [
    'an unknown currency',
    { variants: [variantRequest({ currency: 'ABC' })] },
    400,
    'invalid_request',
    'variants.0.currency',
  ],
  [
    'an empty SKU',
    { variants: [variantRequest({ sku: '' })] },
    400,
    'invalid_request',
    'variants.0.sku',
  ],
  [
    'an option that is a query operator',
    { variants: [variantRequest({ options: { $gt: 'x' } })] },
    400,
    'invalid_request',
    'variants.0.options.$gt',
  ],
  [
    'two currencies',
    { variants: [variantRequest(), variantRequest({ currency: 'EUR' })] },
    422,
    'currency_mismatch',
    'variants.1.currency',
  ],
  [
    'the same options twice',
    {
      variants: [
        variantRequest({ options: { size: 'M', colour: 'Red' } }),
        variantRequest({ options: { colour: ' red ', size: 'm' } }),
      ],
    },
    422,
    'overlapping_variants',
    'variants.1.options',
  ],
  [
    'a misspelt option',
    {
      variants: [
        variantRequest({ options: { colour: 'red' } }),
        variantRequest({ options: { colr: 'blue' } }),
      ],
    },
    422,
    'unknown_option',
    'variants.1.options.colr',
  ],
  [
    'options for one variant only',
    { variants: [variantRequest({ options: undefined }), variantRequest({ options: { a: 'b' } })] },
    422,
    'unknown_option',
    'variants.1.options.a',
  ],
  [
    'one SKU twice',
    { variants: [variantRequest({ sku: 'T' }), variantRequest({ sku: 'T' })] },
    409,
    'duplicate_sku',
    'variants.1.sku',
  ],
];

test.each(REFUSED)(
  'a product with %s is refused and nothing is stored',
  async (_, changes, status, code, path) => {
    const before = await api.context.store.products.countDocuments({});
    const answer = await api.shopA.post('/v1/products', productRequest(changes));
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body.errors?.map((error) => error.path)).toContain(path);
    expect(await api.context.store.products.countDocuments({})).toBe(before);
  },
);
