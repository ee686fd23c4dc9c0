import { ON_HAND_MAX } from '../../../shared/contract/limits.ts';
import {
  givenDiscount,
  givenForSale,
  givenOrders,
  productRequest,
  type ShownProduct,
  variantRequest,
} from '../../testing/requests.ts';
import { givenSeller, signupRequest } from '../../testing/sessions.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { newKey, type ProblemScenario } from './problem-scenarios.ts';

/** Checks out a new product with these sale times. */
async function checkOutTimed(api: TestApi, times: object) {
  const { body } = await api.shopA.post<ShownProduct>('/v1/products', productRequest({ ...times }));
  await api.shopA.post(`/v1/products/${body.id}/publish`);
  const lines = [{ variantId: body.variants[0]?.id, quantity: 1 }];
  return api.shopA.post('/v1/checkouts', { buyerId: 'b', lines }, newKey());
}

const adjust = (api: TestApi, variantId: string, body: object, headers = {}) =>
  api.shopA.post(`/v1/inventory/${variantId}/adjustments`, { reason: 'test', ...body }, headers);

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const drawTimes = () => ({ opensAt: inHours(-1), closesAt: inHours(2) });

async function givenDraw(api: TestApi, terms: object = {}) {
  const { variantId } = await givenForSale(api.shopA, { onHand: 2 });
  const request = { ...drawTimes(), variantId, quantity: 2, ...terms };
  const { body } = await api.shopA.post<{ id: string }>('/v1/draws', request);
  return { drawId: body.id, variantId };
}

type GivenDraw = Awaited<ReturnType<typeof givenDraw>>;

function enter(api: TestApi, { drawId, variantId }: GivenDraw, quantity = 1) {
  const body = { buyerId: 'b', drawId, lines: [{ variantId, quantity }] };
  return api.shopA.post('/v1/checkouts', body, newKey());
}

async function enterDraw(api: TestApi, terms: object, quantity?: number) {
  return enter(api, await givenDraw(api, terms), quantity);
}

/**
 * Requests about keys, accounts, products, stock, sale times, draws and discounts that provoke
 * problems.
 */
export const SELLING_PROBLEMS: readonly ProblemScenario[] = [
  [
    'missing_scope',
    'a key without the scope',
    ['scope'],
    async (api) => (await api.withScopes(api.shopA, ['catalog:read'])).get('/v1/orders'),
  ],
  [
    'unknown_variant',
    'an edit of a product',
    ['variantId'],
    async (api) => {
      const { productId } = await givenForSale(api.shopA);
      const variants = [variantRequest({ id: 'var_no' })];
      return api.shopA.send('PATCH', `/v1/products/${productId}`, { variants });
    },
  ],
  [
    'idempotency_key_reused',
    'an adjustment',
    ['movementId'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopA);
      const headers = newKey();
      await adjust(api, variantId, { delta: 1 }, headers);
      return adjust(api, variantId, { delta: 2 }, headers);
    },
  ],
  [
    'variant_has_stock',
    'an edit of a product',
    ['variantId', 'onHand', 'reserved'],
    async (api) => {
      const { productId } = await givenForSale(api.shopA);
      const variants = [variantRequest()];
      return api.shopA.send('PATCH', `/v1/products/${productId}`, { variants });
    },
  ],
  [
    'adjustments_refused',
    'two adjustments, one of an unknown variant',
    ['errors'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopA);
      const adjustments = [
        { variantId, delta: 1 },
        { variantId: 'var_unknown', delta: 1 },
      ];
      return api.shopA.post('/v1/inventory/adjustments', { adjustments, reason: 'test' });
    },
  ],
  [
    'stock_below_reserved',
    'an adjustment',
    ['onHand', 'reserved'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopA);
      await givenOrders(api, api.shopB, [variantId]);
      return adjust(api, variantId, { set: 0 });
    },
  ],
  [
    'stock_changed',
    'an adjustment',
    ['level', 'onHand', 'reserved'],
    async (api) =>
      adjust(api, (await givenForSale(api.shopA)).variantId, { set: 1, expectedOnHand: 3 }),
  ],
  [
    'stock_out_of_range',
    'an adjustment',
    ['onHand', 'reserved'],
    async (api) => adjust(api, (await givenForSale(api.shopA)).variantId, { delta: ON_HAND_MAX }),
  ],
  [
    'precondition_failed',
    'an adjustment',
    ['level'],
    async (api) =>
      adjust(api, (await givenForSale(api.shopA)).variantId, { set: 1 }, { 'if-match': '"r99"' }),
  ],
  [
    'not_on_sale_yet',
    'a checkout before the sale',
    ['variantId', 'saleFrom', 'retryAfterS'],
    (api) => checkOutTimed(api, { saleFrom: '2100-01-01T00:00:00Z' }),
  ],
  [
    'sale_over',
    'a checkout after the sale',
    ['variantId', 'saleUntil'],
    (api) => checkOutTimed(api, { saleUntil: '2020-01-01T00:00:00Z' }),
  ],
  [
    'draw_exceeds_stock',
    'a draw',
    ['variantId', 'available'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
      return api.shopA.post('/v1/draws', { ...drawTimes(), variantId, quantity: 2 });
    },
  ],
  [
    'draw_not_open_yet',
    'an entry into a draw',
    ['drawId', 'opensAt', 'retryAfterS'],
    (api) => enterDraw(api, { opensAt: inHours(1) }),
  ],
  [
    'draw_closed',
    'an entry into a cancelled draw',
    ['drawId', 'closesAt'],
    async (api) => {
      const draw = await givenDraw(api);
      await api.shopA.post(`/v1/draws/${draw.drawId}/cancel`);
      return enter(api, draw);
    },
  ],
  [
    'draw_not_closed',
    'a read of the entries of a draw',
    ['drawId', 'closesAt'],
    async (api) => api.anonymous.get(`/v1/draws/${(await givenDraw(api)).drawId}/entries`),
  ],
  [
    'draw_quantity_exceeded',
    'an entry into a draw',
    ['drawId', 'variantId', 'perBuyer'],
    (api) => enterDraw(api, {}, 2),
  ],
  [
    'draw_variant_mismatch',
    'an entry into a draw',
    ['drawId', 'variantId'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopA);
      return enter(api, { ...(await givenDraw(api)), variantId });
    },
  ],
  [
    'already_entered',
    'a second entry into a draw',
    ['drawId', 'checkoutId'],
    async (api) => {
      const draw = await givenDraw(api);
      await enter(api, draw);
      return enter(api, draw);
    },
  ],
  [
    'reservation_too_long',
    'an extension',
    ['latest'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopA);
      const { orderIds } = await givenOrders(api, api.shopA, [variantId]);
      return api.shopA.post(`/v1/orders/${orderIds[0]}/extend`, { seconds: 604_800 });
    },
  ],
  [
    'usage_limit_below_uses',
    'a lower usage limit',
    ['uses'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopA);
      const { id, code } = await givenDiscount(api.shopA);
      await givenOrders(api, api.shopB, [variantId], { discountCodes: [code] });
      await givenOrders(api, api.shopB, [variantId], { discountCodes: [code] });
      return api.shopA.send('PATCH', `/v1/discounts/${id}`, { usageLimit: 1 });
    },
  ],
  [
    'too_many_guesses',
    'a login',
    ['retryAfterS'],
    async (api) => {
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
    async (api) => {
      // The second API uses the same namespace, because creating another database takes seconds.
      const { mongodbUrl, redisUrl, keyPrefix } = api.context.config;
      const namespace = { mongodbUrl, redisUrl, keyPrefix };
      const limited = await startTestApi(namespace, { signups: { perAddress: 1, inAll: 1 } });
      const signup = () => limited.anonymous.post('/v1/auth/signup', signupRequest());
      const answers = [await signup(), await signup()];
      await limited.close();
      return { body: answers[1]?.body };
    },
  ],
];
