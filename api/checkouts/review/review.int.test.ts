import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import { writable } from '../../../shared/store/writable.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { givenCart } from '../../carts/testing/shown-cart.ts';
import { type GivenProduct, givenDiscount, givenForSale } from '../../testing/requests.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const namespace = testNamespace();
let api: TestApi;
let shirt: GivenProduct;
let lamp: GivenProduct;
let keys = 0;

beforeAll(async () => {
  api = await startTestApi(namespace);
  shirt = await givenForSale(api.shopA, { price: 1_000, onHand: 5 });
  lamp = await givenForSale(api.shopB, { price: 3_000, onHand: 5 });
});
afterAll(() => api.close());

/** Counts the stored checkouts and orders, and the stock levels with reserved units. */
const countStored = async () => {
  const { store } = api.context;
  const reserved = await store.stock.countDocuments({ reserved: { $gt: 0 } });
  return (
    (await store.checkouts.countDocuments({})) + (await store.orders.countDocuments({})) + reserved
  );
};

/** Reviews a checkout, and checks that this stores and reserves nothing. */
async function review(body: object, expectedStatus = 200) {
  const storedBefore = await countStored();
  const answer = await api.shopB.post<Review>('/v1/checkouts/review', body);
  expect([answer.status, await countStored()]).toEqual([expectedStatus, storedBefore]);
  return answer.body;
}

interface Review {
  readonly code?: string;
  readonly subtotal: number;
  readonly discount: number;
  readonly total: number;
  readonly shops: readonly {
    readonly shopId: string;
    readonly total: number;
    readonly discount: number;
    readonly discounts: readonly { readonly code: string; readonly amount: number }[];
  }[];
  readonly refusedDiscounts: readonly {
    readonly code: string;
    readonly shopId?: string;
    readonly reason: string;
    readonly detail: string;
  }[];
  readonly problems: readonly { readonly code: string }[];
  readonly errors?: readonly { readonly path: string }[];
}

async function place(body: object) {
  keys += 1;
  const headers = { 'idempotency-key': `reviewed-${keys}` };
  const { body: posted } = await api.shopB.post<{ id: string; total: number }>(
    '/v1/checkouts',
    body,
    headers,
  );
  const [settled] = await settleCheckouts(api.context.ledger, [posted.id]);
  return { total: posted.total, settled };
}

const order = (changes: object = {}, quantity = 1) => ({
  buyerId: 'ana',
  lines: [{ variantId: shirt.variantId, quantity }],
  ...changes,
});
const orderOfTwoShops = (changes: object = {}) => ({
  buyerId: 'ana',
  lines: [shirt, lamp].map(({ variantId }) => ({ variantId, quantity: 1 })),
  ...changes,
});

afterEach(async () => {
  // Releases the units that a test reserved and deletes its discounts, for the next test.
  const { store } = api.context;
  await writable(store).stock.updateMany({}, { $set: { reserved: 0 } });
  await store.discounts.deleteMany({});
});

test('totals are listed per shop and line, with the available units', async () => {
  const body = await review(
    order({ lines: [...orderOfTwoShops().lines, { variantId: shirt.variantId, quantity: 1 }] }),
  );
  expect(body).toEqual({
    ...{ buyerId: 'ana', currency: 'GBP', subtotal: 5_000, discount: 0, total: 5_000 },
    shops: [
      {
        shopId: api.shopA.shopId,
        lines: [
          {
            ...{ variantId: shirt.variantId, sku: expect.any(String), title: expect.any(String) },
            ...{ quantity: 2, unitPrice: 1_000, discount: 0, total: 2_000 },
            ...{ available: 5, isAvailable: true },
          },
        ],
        ...{ subtotal: 2_000, discount: 0, total: 2_000, discounts: [] },
      },
      expect.objectContaining({ shopId: api.shopB.shopId, total: 3_000 }),
    ],
    refusedDiscounts: [],
    problems: [],
  });
});

test('a review of a cart uses its current lines', async () => {
  const path = await givenCart(api.shopB, [{ variantId: shirt.variantId, quantity: 2 }], 'ana');
  const cartId = path.slice('/v1/carts/'.length);
  expect(await review({ cartId })).toMatchObject({ cartId, buyerId: 'ana', total: 2_000 });
});

test('a discount is listed for the lines and shops that it applies to', async () => {
  const { code } = await givenDiscount(api.shopA, { value: 25 });
  const body = await review(orderOfTwoShops({ discountCodes: [code.toLowerCase()] }));
  expect(body).toMatchObject({
    ...{ subtotal: 4_000, discount: 250, total: 3_750, refusedDiscounts: [], problems: [] },
    shops: [
      { total: 750, discount: 250, discounts: [{ code, amount: 250 }], lines: [{ total: 750 }] },
      { total: 3_000, discount: 0, discounts: [] },
    ],
  });
  expect((await place(orderOfTwoShops({ discountCodes: [code] }))).total).toBe(body.total);
});

const past = { startsAt: '2020-01-01T00:00:00Z', endsAt: '2020-02-01T00:00:00Z' };
const future = { startsAt: '2099-01-01T00:00:00Z', endsAt: '2100-01-01T00:00:00Z' };

test.each<[string, object]>([
  ['ended', past],
  ['not_started', future],
  ['minimum_not_reached', { minimumSubtotal: 1_001 }],
  ['takes_nothing_off', { value: 0.01, kind: 'percentage', maximumDiscount: 1 }],
])('a code is refused as %s', async (reason, terms) => {
  const { code } = await givenDiscount(api.shopA, { ...terms });
  const { refusedDiscounts, problems, total } = await review(order({ discountCodes: [code] }));
  const refused = { code, reason, shopId: api.shopA.shopId, detail: expect.stringMatching(/\.$/) };
  expect([refusedDiscounts, total]).toEqual([[refused], 1_000]);
  expect(problems).toEqual([{ code: 'discount_not_applicable', discountCode: code, reason }]);
  // The checkout is rejected for this reason.
  expect((await place(order({ discountCodes: [code] }))).settled).toMatchObject({
    ...{ status: 'rejected', rejection: { code: 'discount_not_applicable', reason } },
  });
});

test('a combinable code is refused as another_is_better if another code takes off the whole price', async () => {
  const all = await givenDiscount(api.shopA, { kind: 'percentage', value: 100, combinable: true });
  const { code } = await givenDiscount(api.shopA, { value: 100, combinable: true });
  const body = await review(order({ discountCodes: [all.code, code] }));
  const detail = 'Without this code the discount is at least as large.';
  const { shopId } = api.shopA;
  expect(body.refusedDiscounts).toEqual([{ code, shopId, reason: 'another_is_better', detail }]);
  expect(body).toMatchObject({ discount: 1_000, total: 0 });
});

test('a code that two shops refuse is listed with the reason of each shop', async () => {
  const code = 'IN-BOTH';
  await givenDiscount(api.shopA, { code, ...past });
  await givenDiscount(api.shopB, { code, value: 10 });
  const better = await givenDiscount(api.shopB, { value: 50 });
  const body = await review(orderOfTwoShops({ discountCodes: [code, better.code, 'NOBODY-HAS'] }));
  expect(body.refusedDiscounts.map(({ detail: _, ...refused }) => refused)).toEqual([
    { code, shopId: api.shopA.shopId, reason: 'ended' },
    { code, shopId: api.shopB.shopId, reason: 'another_is_better' },
    { code: 'NOBODY-HAS', reason: 'unknown_code' },
  ]);
  expect(body).toMatchObject({ discount: 1_500, total: 2_500 });
  expect(body.problems).toEqual([
    { code: 'discount_not_applicable', discountCode: 'NOBODY-HAS', reason: 'unknown_code' },
  ]);
});

test.each<[string, object, string]>([
  ['usage_limit', { usageLimit: 1 }, 'another'],
  ['usage_limit_per_buyer', { usageLimitPerBuyer: 1 }, 'ana'],
])(
  'a code without uses left is refused as %s, and the next best code applies',
  async (reason, limit, buyerId) => {
    const used = await givenDiscount(api.shopA, { value: 50, ...limit });
    const next = await givenDiscount(api.shopA, { value: 10 });
    const discountCodes = [used.code, next.code];
    expect(await review(order({ discountCodes }))).toMatchObject({ total: 500, problems: [] });
    const first = await place(order({ discountCodes, buyerId }));
    expect(first.settled).toMatchObject({ status: 'placed' });
    const body = await review(order({ discountCodes }));
    expect(body).toMatchObject({
      ...{ total: 900, shops: [{ discounts: [{ code: next.code, amount: 100 }] }] },
      refusedDiscounts: [{ code: used.code, shopId: api.shopA.shopId, reason }],
      problems: [
        {
          code: 'discount_exhausted',
          discountCode: used.code,
          shopId: api.shopA.shopId,
          reason,
        },
      ],
    });
    // A checkout with the code is rejected for this reason. A checkout without the code is placed
    // for the total of the review.
    expect((await place(order({ discountCodes }))).settled).toMatchObject({
      ...{ status: 'rejected', rejection: { code: 'discount_exhausted', reason } },
    });
    const without = await place(order({ discountCodes: [next.code], expectedTotal: body.total }));
    expect(without.settled?.status).toBe('placed');
  },
);

test('an exhausted code that no other shop has is refused as usage_limit, and not also as unknown_code', async () => {
  const { code } = await givenDiscount(api.shopA, { usageLimit: 1 });
  await place(order({ discountCodes: [code] }));
  const { refusedDiscounts, total } = await review(order({ discountCodes: [code] }));
  expect(refusedDiscounts).toMatchObject([{ code, reason: 'usage_limit' }]);
  expect([refusedDiscounts.length, total]).toEqual([1, 1_000]);
});

test('problems list why a checkout would be rejected', async () => {
  const body = await review(order({ expectedTotal: 5_999, buyerId: 'a stranger' }, 6));
  expect(body.problems).toEqual([
    { code: 'price_changed' },
    { code: 'out_of_stock', variantId: shirt.variantId, requested: 6, available: 5 },
  ]);
  expect(body.shops).toMatchObject([{ lines: [{ available: 5, isAvailable: false }] }]);
});

test.each<[string, () => object, number, string, string]>([
  ['no buyer', () => order({ buyerId: undefined }), 400, 'invalid_request', 'buyerId'],
  ['no lines', () => order({ lines: [] }), 400, 'invalid_request', 'lines'],
  [
    'too many codes',
    () => order({ discountCodes: Array(11).fill('A') }),
    400,
    'invalid_request',
    'discountCodes',
  ],
  [
    'an unknown variant',
    () => order({ lines: [{ variantId: 'var_no', quantity: 1 }] }),
    422,
    'unknown_variant',
    'lines.0.variantId',
  ],
])('a review with %s is refused like a checkout', async (_, body, status, code, path) => {
  const refused = await review(body(), status);
  expect(refused).toMatchObject({ code, errors: [{ path }] });
});
