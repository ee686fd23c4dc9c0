import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ON_HAND_MAX } from '../../shared/contract/limits.ts';
import { projectRoot } from '../../shared/runtime/env.ts';
import type { ApiAnswer } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import {
  givenDiscount,
  givenForSale,
  givenOrders,
  productRequest,
  type ShownProduct,
  variantRequest,
} from '../testing/requests.ts';
import { givenSeller, signupRequest } from '../testing/sessions.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const namespace = testNamespace();
const GUESSES = 1;
let api: TestApi;
let keys = 0;

beforeAll(async () => {
  const guesses = { perAccount: GUESSES, perAddress: 1_000_000 };
  api = await startTestApi(namespace, { guesses });
});
afterAll(() => api.close());

type Problem = Record<string, unknown>;
type Provoke = () => Promise<{ readonly body: unknown }>;

const keyed = () => {
  keys += 1;
  return { 'idempotency-key': `promised-${keys}` };
};

const checkout = (variantId: string, quantity = 1, headers = keyed()) =>
  api.shopB.post('/v1/checkouts', { buyerId: 'b', lines: [{ variantId, quantity }] }, headers);

async function givenCart(variantId?: string): Promise<string> {
  const lines = variantId === undefined ? [] : [{ variantId, quantity: 1 }];
  return (await api.shopB.post('/v1/carts', { buyerId: 'b', lines })).body.id;
}

async function givenDraft(): Promise<string> {
  const { body } = await api.shopA.post<ShownProduct>('/v1/products', productRequest());
  return body.variants[0]?.id ?? '';
}

async function givenRule(): Promise<string> {
  const variants = [variantRequest({ quantityRule: { step: 6 } })];
  const { body } = await api.shopA.post<ShownProduct>('/v1/products', productRequest({ variants }));
  await api.shopA.post(`/v1/products/${body.id}/publish`);
  return body.variants[0]?.id ?? '';
}

const adjust = (variantId: string, body: object, headers = {}) =>
  api.shopA.post(`/v1/inventory/${variantId}/adjustments`, { reason: 'test', ...body }, headers);

const putLine = (cartId: string, variantId: string, quantity = 1) =>
  api.shopB.send('PUT', `/v1/carts/${cartId}/lines/${variantId}`, { quantity });

/** Requests that provoke each code whose problem has its own members, with these members. */
const SCENARIOS: readonly [code: string, how: string, members: readonly string[], Provoke][] = [
  [
    'missing_scope',
    'a key without it',
    ['scope'],
    async () => (await api.withScopes(api.shopA, ['catalog:read'])).get('/v1/orders'),
  ],
  ['unknown_variant', 'a checkout', ['variantId'], () => checkout('var_no')],
  [
    'unknown_variant',
    'a review',
    ['variantId'],
    () =>
      api.shopB.post('/v1/checkouts/review', {
        buyerId: 'b',
        lines: [{ variantId: 'var_no', quantity: 1 }],
      }),
  ],
  ['unknown_variant', 'a line', ['variantId'], async () => putLine(await givenCart(), 'var_no')],
  [
    'unknown_variant',
    'a new cart',
    ['variantId'],
    () =>
      api.shopB.post('/v1/carts', { buyerId: 'b', lines: [{ variantId: 'var_no', quantity: 1 }] }),
  ],
  [
    'unknown_variant',
    'an edit',
    ['variantId'],
    async () => {
      const { productId } = await givenForSale(api.shopA);
      const variants = [variantRequest({ id: 'var_no' })];
      return api.shopA.send('PATCH', `/v1/products/${productId}`, { variants });
    },
  ],
  ['product_unpublished', 'a checkout', ['variantId'], async () => checkout(await givenDraft())],
  [
    'product_unpublished',
    'a line',
    ['variantId'],
    async () => putLine(await givenCart(), await givenDraft()),
  ],
  [
    'quantity_not_allowed',
    'a checkout',
    ['quantityRule', 'nearestQuantity'],
    async () => checkout(await givenRule(), 5),
  ],
  [
    'quantity_not_allowed',
    'a line',
    ['quantityRule', 'nearestQuantity'],
    async () => putLine(await givenCart(), await givenRule(), 5),
  ],
  [
    'idempotency_key_reused',
    'a checkout',
    ['checkoutId'],
    async () => {
      const { variantId } = await givenForSale(api.shopA);
      const headers = keyed();
      await checkout(variantId, 1, headers);
      return checkout(variantId, 2, headers);
    },
  ],
  [
    'idempotency_key_reused',
    'an adjustment',
    ['movementId'],
    async () => {
      const { variantId } = await givenForSale(api.shopA);
      const headers = keyed();
      await adjust(variantId, { delta: 1 }, headers);
      return adjust(variantId, { delta: 2 }, headers);
    },
  ],
  [
    'cart_checked_out',
    'a line',
    ['checkoutId', 'checkoutStatus'],
    async () => {
      const { variantId } = await givenForSale(api.shopA);
      const cartId = await givenCart(variantId);
      await api.shopB.post('/v1/checkouts', { cartId }, keyed());
      return putLine(cartId, variantId, 2);
    },
  ],
  [
    'cart_checked_out',
    'a checkout',
    ['checkoutId', 'checkoutStatus'],
    async () => {
      const cartId = await givenCart((await givenForSale(api.shopA)).variantId);
      await api.shopB.post('/v1/checkouts', { cartId }, keyed());
      return api.shopB.post('/v1/checkouts', { cartId }, keyed());
    },
  ],
  [
    'checkout_settled',
    'a withdrawal',
    ['checkoutStatus'],
    async () => {
      const { variantId } = await givenForSale(api.shopA);
      const { checkoutId } = await givenOrders(api, api.shopB, [variantId]);
      return api.shopB.post(`/v1/checkouts/${checkoutId}/withdraw`);
    },
  ],
  [
    'invalid_transition',
    'a move',
    ['from', 'move'],
    async () => {
      const { variantId } = await givenForSale(api.shopA);
      const { orderIds } = await givenOrders(api, api.shopB, [variantId]);
      return api.shopA.post(`/v1/orders/${orderIds[0]}/deliver`);
    },
  ],
  [
    'variant_has_stock',
    'an edit',
    ['variantId', 'onHand', 'reserved'],
    async () => {
      const { productId } = await givenForSale(api.shopA);
      const variants = [variantRequest()];
      return api.shopA.send('PATCH', `/v1/products/${productId}`, { variants });
    },
  ],
  [
    'stock_below_reserved',
    'an adjustment',
    ['onHand', 'reserved'],
    async () => {
      const { variantId } = await givenForSale(api.shopA);
      await givenOrders(api, api.shopB, [variantId]);
      return adjust(variantId, { set: 0 });
    },
  ],
  [
    'stock_changed',
    'an adjustment',
    ['level', 'onHand', 'reserved'],
    async () => adjust((await givenForSale(api.shopA)).variantId, { set: 1, expectedOnHand: 3 }),
  ],
  [
    'stock_out_of_range',
    'an adjustment',
    ['onHand', 'reserved'],
    async () => adjust((await givenForSale(api.shopA)).variantId, { delta: ON_HAND_MAX }),
  ],
  [
    'precondition_failed',
    'an adjustment',
    ['level'],
    async () =>
      adjust((await givenForSale(api.shopA)).variantId, { set: 1 }, { 'if-match': '"r99"' }),
  ],
  [
    'usage_limit_below_uses',
    'a lower limit',
    ['uses'],
    async () => {
      const { variantId } = await givenForSale(api.shopA);
      const { id, code } = await givenDiscount(api.shopA);
      await givenOrders(api, api.shopB, [variantId], { discountCodes: [code] });
      await givenOrders(api, api.shopB, [variantId], { discountCodes: [code] });
      return api.shopA.send('PATCH', `/v1/discounts/${id}`, { usageLimit: 1 });
    },
  ],
  [
    'storefront_not_allowed',
    'a checkout',
    ['shopId', 'variantId'],
    async () => {
      const seller = await givenSeller(api);
      const { variantId } = await givenForSale(seller);
      await seller.send('PATCH', '/v1/shop', { openToStorefronts: false });
      return checkout(variantId);
    },
  ],
  [
    'storefront_not_allowed',
    'a move',
    ['shopId', 'move'],
    async () => {
      const { variantId } = await givenForSale(api.shopA);
      const { orderIds } = await givenOrders(api, api.shopB, [variantId]);
      return api.shopB.post(`/v1/orders/${orderIds[0]}/confirm`);
    },
  ],
  [
    'too_many_guesses',
    'a login',
    ['retryAfterS'],
    async () => {
      const { email } = await givenSeller(api);
      const guess = () => api.anonymous.post('/v1/auth/login', { email, password: 'wrong' });
      await guess();
      return guess();
    },
  ],
  [
    'too_many_signups',
    'a sign-up',
    ['retryAfterS'],
    async () => {
      const limited = await startTestApi(namespace, { signups: { perAddress: 1, inAll: 1 } });
      await givenSeller(api);
      const signup = () => limited.anonymous.post('/v1/auth/signup', signupRequest());
      const answers = [await signup(), await signup()];
      await limited.close();
      return answers[1] as ApiAnswer<unknown>;
    },
  ],
];

test.each(SCENARIOS)('%s by %s has the members %j', async (code, _how, members, provoke) => {
  const { body } = await provoke();
  const problem = body as Problem;
  expect(problem['code']).toBe(code);
  expect(Object.keys(problem)).toEqual(expect.arrayContaining([...members]));
});

/** Names in the table of errors that are not members of a problem. */
const NO_MEMBERS =
  /^(errors|expectedOnHand|usageLimit|reacquire|paymentReference|carrier|trackingReference)$/;

test('each member that the guide lists for a code is provoked above', async () => {
  const guide = await readFile(join(projectRoot, 'docs/api.md'), 'utf8');
  const rows = guide.matchAll(/^\| `(\w+)` \| \d{3} \| (.*?) \|/gm);
  const promised = [...rows].flatMap(([, code = '', when = '']) =>
    [...when.matchAll(/`([a-z][A-Za-z]+)`/g)]
      .map(([, word = '']) => word)
      .filter((word) => !NO_MEMBERS.test(word))
      .map((member) => `${code} ${member}`),
  );
  const provoked = SCENARIOS.flatMap(([code, , members]) =>
    members.map((each) => `${code} ${each}`),
  );
  expect(promised.length).toBeGreaterThan(10);
  expect(promised.filter((each) => !provoked.includes(each))).toEqual([]);
});
