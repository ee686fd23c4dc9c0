import { expect, test } from 'vitest';
import {
  discountRequest,
  givenForSale,
  productRequest,
  variantRequest,
} from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi();

const productIn = (currency: string) =>
  productRequest({ variants: [variantRequest({ currency })] });

test.each(['HRK', 'ZWL', 'BGN', 'XXX', 'XAU', 'gbp'])(
  'no route accepts the currency %s',
  async (code) => {
    const { productId, variantId } = await givenForSale(api.shopA);
    const line = JSON.stringify(productIn(code));
    for (const [method, path, body] of [
      ['POST', '/v1/products', productIn(code)],
      [
        'PATCH',
        `/v1/products/${productId}`,
        { variants: [{ id: variantId, ...variantRequest({ currency: code }) }] },
      ],
      ['POST', '/v1/discounts', discountRequest({ currency: code })],
      ['GET', `/v1/products?currency=${code}`, undefined],
      ['GET', `/v1/shop/products?currency=${code}`, undefined],
    ] as const) {
      const { status, body: problem } = await api.shopA.send(method, path, body);
      expect([path, status, problem.code]).toEqual([path, 400, 'invalid_request']);
      expect(problem.errors?.[0]?.path).toMatch(/currency$/);
    }
    const imported = await api.shopA.post<object>('/v1/products/import', line, {
      'content-type': 'application/x-ndjson',
    });
    expect(imported.status).toBe(422);
    expect(JSON.stringify(imported.body)).toContain('currency');
  },
);

test.each(['UK', 'XX', 'XK', 'gb', 'GBR'])('no route accepts the country %s', async (country) => {
  const { variantId } = await givenForSale(api.shopA);
  const body = {
    ...{ buyerId: 'b', lines: [{ variantId, quantity: 1 }] },
    shippingAddress: { name: 'A', line1: 'B', city: 'C', country },
  };
  const refusal = { status: 400, body: { errors: [{ path: 'shippingAddress.country' }] } };
  const key = { 'idempotency-key': `to-${country}` };
  expect(await api.shopA.post('/v1/checkouts', body, key)).toMatchObject(refusal);
  expect(await api.shopA.post('/v1/checkouts/review', body)).toMatchObject(refusal);
});

test.each(['GBP', 'ZWG', 'XCG', 'JPY', 'KWD'])('prices can be in %s', async (code) => {
  expect((await api.shopA.post('/v1/products', productIn(code))).status).toBe(201);
});
