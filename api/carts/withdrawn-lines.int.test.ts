import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { type ManualClock, manualClock } from '../../shared/testing/manual-clock.ts';
import { type GivenProduct, givenForSale, variantRequest } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { givenCart, putLine, type ShownCart, toUnits } from './testing/shown-cart.ts';

/** After this time cached prices are read again. */
const PRICE_AGE_MS = 1_001;

const namespace = testNamespace();
let api: TestApi;
let clock: ManualClock;
let kept: GivenProduct;

beforeAll(async () => {
  clock = manualClock();
  api = await startTestApi(namespace, { clock });
  kept = await givenForSale(api.shopA, { price: 1_000, onHand: 5 });
});
afterAll(() => api.close());

const WITHDRAWALS: [string, (product: GivenProduct) => Promise<unknown>, string][] = [
  [
    'taken off sale',
    (product) => api.shopA.post(`/v1/products/${product.productId}/unpublish`),
    'product_unpublished',
  ],
  [
    'deleted',
    (product) => api.shopA.send('DELETE', `/v1/products/${product.productId}`),
    'product_unpublished',
  ],
  [
    'removed from its product',
    async ({ productId }) => {
      const path = `/v1/products/${productId}`;
      const changed = await api.shopA.send('PATCH', path, { variants: [variantRequest()] });
      expect(changed.status).toBe(200);
    },
    'unknown_variant',
  ],
  [
    'removed from the database',
    (product) => api.context.store.products.deleteOne({ _id: product.productId }),
    'unknown_variant',
  ],
];

test.each(WITHDRAWALS)(
  'a line whose variant was %s stays in the cart as not for sale until it is removed',
  async (_, withdraw, code) => {
    const gone = await givenForSale(api.shopA, { price: 7_000, onHand: 0 });
    const lines = [kept, gone].map(({ variantId }) => ({ variantId, quantity: 2 }));
    const path = await givenCart(api.shopB, lines);
    await withdraw(gone);
    clock.advance(PRICE_AGE_MS);
    const { body } = await api.shopB.get<ShownCart>(path);
    expect(body).toMatchObject({
      subtotal: 2_000,
      changes: [{ variantId: gone.variantId, kind: 'withdrawn' }],
      lines: [
        { variantId: kept.variantId, isForSale: true },
        { variantId: gone.variantId, isForSale: false, available: 0, total: 0, unitPrice: 7_000 },
      ],
    });
    // Acknowledging does not clear the change. The line can neither be checked out nor get another
    // quantity.
    expect((await api.shopB.post<ShownCart>(`${path}/acknowledge`)).body.changes).toHaveLength(1);
    for (const quantity of [1, 3]) {
      const answer = await putLine(api.shopB, path, gone.variantId, quantity);
      expect(answer).toMatchObject({ status: 422, body: { code } });
    }
    const checkout = { cartId: body.id };
    for (const [route, headers] of [
      ['/v1/checkouts', { 'idempotency-key': `withdrawn-${code}-${body.id}` }],
      ['/v1/checkouts/review', {}],
    ] as const) {
      const answer = await api.shopB.post(route, checkout, headers);
      const errors = [{ path: 'lines.1.variantId' }];
      const { variantId } = gone;
      expect(answer).toMatchObject({ status: 422, body: { code, errors, variantId } });
    }
    const removed = await putLine(api.shopB, path, gone.variantId, 0);
    expect(removed).toMatchObject({ status: 200, body: { changes: [], subtotal: 2_000 } });
    expect(toUnits(removed.body)).toEqual({ [kept.variantId]: 2 });
  },
);

test.each([
  ['its only line', []],
  ['one of its two lines', ['kept']],
])('a cart cannot be checked out after the currency of %s has changed', async (_, otherLines) => {
  const moved = await givenForSale(api.shopA, { price: 4_900, onHand: 5 });
  const lines = [moved, ...otherLines.map(() => kept)];
  const path = await givenCart(
    api.shopB,
    lines.map(({ variantId }) => ({ variantId, quantity: 2 })),
  );
  await api.context.store.products.updateOne(
    { _id: moved.productId },
    { $set: { 'variants.0.currency': 'EUR' } },
  );
  clock.advance(PRICE_AGE_MS);
  const { body } = await api.shopB.get<ShownCart>(path);
  expect(body).toMatchObject({
    currency: 'GBP',
    changes: [{ variantId: moved.variantId, kind: 'currency_changed' }],
    subtotal: otherLines.length * 2_000,
  });
  for (const [route, headers] of [
    ['/v1/checkouts', { 'idempotency-key': `currency-${body.id}` }],
    ['/v1/checkouts/review', {}],
  ] as const) {
    const answer = await api.shopB.post(route, { cartId: body.id, expectedTotal: 9_800 }, headers);
    const errors = [{ path: 'lines.0.variantId' }];
    expect(answer).toMatchObject({ status: 422, body: { code: 'currency_mismatch', errors } });
  }
});

test('a line with too few available units, or with a quantity that is not allowed, is reported at each acknowledgement', async () => {
  const scarce = await givenForSale(api.shopA, { onHand: 5 });
  const path = await givenCart(api.shopB, [{ variantId: scarce.variantId, quantity: 5 }]);
  const changes = async () => {
    clock.advance(PRICE_AGE_MS);
    return (await api.shopB.post<ShownCart>(`${path}/acknowledge`)).body.changes;
  };
  const stock = `/v1/inventory/${scarce.variantId}/adjustments`;
  expect(await changes()).toEqual([]);
  for (const [set, kind] of [
    [4, 'not_enough'],
    [0, 'unavailable'],
  ] as const) {
    await api.shopA.post(stock, { set, reason: 'counted' });
    const expected = { variantId: scarce.variantId, kind, before: 5, after: set };
    expect([await changes(), await changes()]).toEqual([[expected], [expected]]);
  }
  await api.shopA.post(stock, { set: 9, reason: 'delivery' });
  expect(await changes()).toEqual([]);
  const rule = { quantityRule: { step: 2 } };
  const answer = await api.shopA.get<{ variants: object[] }>(`/v1/products/${scarce.productId}`);
  const [{ available: _, ...variant }] = answer.body.variants as [{ available: number }];
  await api.shopA.send('PATCH', `/v1/products/${scarce.productId}`, {
    variants: [{ ...variant, ...rule }],
  });
  expect(await changes()).toEqual([
    { variantId: scarce.variantId, kind: 'quantity_not_allowed', before: 5, after: 4 },
  ]);
  const { body } = await api.shopB.get<ShownCart>(path);
  expect(body.lines).toMatchObject([rule]);
  const posted = await api.shopB.post(
    '/v1/checkouts',
    { cartId: body.id },
    { 'idempotency-key': 'a-rule-of-two' },
  );
  expect(posted).toMatchObject({
    ...{ status: 422, body: { code: 'quantity_not_allowed', ...rule } },
  });
  expect(posted.body.errors?.map(({ path: field }) => field)).toEqual(['lines.0.quantity']);
});
