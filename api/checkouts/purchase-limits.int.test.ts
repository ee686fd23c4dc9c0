import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { findExceededLimits } from '../catalog/exceeded-limits.ts';
import { importLines } from '../catalog/import-export/testing/files.ts';
import { productRequest, type ShownProduct, variantRequest } from '../testing/requests.ts';
import { givenSeller } from '../testing/sessions.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

const namespace = testNamespace();
let api: TestApi;
let shop: TestShop;
let product: ShownProduct;
let small: string;
let large: string;
let keys = 0;

beforeAll(async () => {
  api = await startTestApi(namespace);
  shop = api.shopA;
});
afterAll(() => api.close());

beforeEach(async () => {
  product = await givenLimited({ purchaseLimit: { quantity: 3 } });
  [small, large] = product.variants.map(({ id }) => id) as [string, string];
});

/** Puts a product with two variants on sale. */
async function givenLimited(
  changes: object,
  variant: Record<string, unknown> = {},
  seller: Pick<TestShop, 'post'> = shop,
): Promise<ShownProduct> {
  const variants = [variantRequest(variant), variantRequest()];
  const { body } = await seller.post<ShownProduct>(
    '/v1/products',
    productRequest({ variants, ...changes }),
  );
  for (const { id } of body.variants) {
    await seller.post(`/v1/inventory/${id}/adjustments`, { set: 100, reason: 'delivery' });
  }
  await seller.post(`/v1/products/${body.id}/publish`);
  return body;
}

interface Answer {
  readonly id: string;
  readonly code?: string;
  readonly errors?: unknown;
  readonly shopId?: string;
}

function post(storefront: TestShop, buyerId: string, variantId: string, quantity = 1) {
  keys += 1;
  const headers = { 'idempotency-key': `limit-${keys}` };
  const lines = [{ variantId, quantity }];
  return storefront.post<Answer>('/v1/checkouts', { buyerId, lines }, headers);
}

/** Buys and settles; returns the rejection, or the id of the order. */
async function buy(buyerId: string, variantId: string, quantity = 1) {
  const { body, status } = await post(shop, buyerId, variantId, quantity);
  expect(status).toBe(202);
  await settleCheckouts(api.context.ledger, [body.id]);
  const read = await shop.get<{ rejection?: object; orders: { id: string }[] }>(
    `/v1/checkouts/${body.id}`,
  );
  return { rejection: read.body.rejection, orderId: read.body.orders[0]?.id ?? '' };
}

const placed = { rejection: undefined };
const refused = (bought: number, requested: number) => ({
  rejection: { code: 'purchase_limit_reached', limit: 3, bought, requested },
});

test('a limit counts the orders of all variants, and a repeated cancellation gives units back once', async () => {
  expect(await buy('ana', small, 2)).toMatchObject(placed);
  expect(await buy('ana', large, 2)).toMatchObject(refused(2, 2));
  const last = await buy('ana', large);
  expect(last).toMatchObject(placed);
  expect(await buy('ana', small)).toMatchObject({
    rejection: { ...refused(3, 1).rejection, productId: product.id, variantId: small },
  });
  expect(await buy('bob', small, 3)).toMatchObject(placed);
  for (const _ of [1, 2]) {
    await shop.post(`/v1/orders/${last.orderId}/cancel`, { reason: 'changed my mind' });
  }
  expect(await buy('ana', small)).toMatchObject(placed);
  expect(await buy('ana', small)).toMatchObject(refused(3, 1));
});

describe('a pending order of the buyer that uses up a limit', () => {
  const review = async (buyerId: string, variantId: string, quantity = 1) => {
    const body = { buyerId, lines: [{ variantId, quantity }] };
    return (await shop.post<{ problems: object[] }>('/v1/checkouts/review', body)).body.problems;
  };

  test('is named, whichever variant it has', async () => {
    const { orderId } = await buy('held', small, 2);
    const heldByYou = { orderId, quantity: 2, until: expect.any(String) };
    const { rejection } = await buy('held', large, 2);
    expect(rejection).toMatchObject({ ...refused(2, 2).rejection, heldByYou });
    expect(rejection).not.toHaveProperty('itemId');
    const [problem] = await review('held', large, 2);
    expect(problem).toMatchObject({ code: 'purchase_limit_reached', heldByYou });
    expect(problem).not.toHaveProperty('itemId');
    // Even without the units of this order the limit would be exceeded.
    const [tooMany] = await review('held', large, 4);
    expect(tooMany).toMatchObject({ code: 'purchase_limit_reached', bought: 2 });
    expect(tooMany).not.toHaveProperty('heldByYou');
    await shop.post(`/v1/orders/${orderId}/confirm`);
    expect((await review('held', large, 2))[0]).not.toHaveProperty('heldByYou');
  });

  test('is not named for the limit of another variant', async () => {
    const limitedProduct = await givenLimited({}, { purchaseLimit: { quantity: 1 } });
    const [limited = '', free = ''] = limitedProduct.variants.map(({ id }) => id);
    const { orderId } = await buy('other', limited);
    await shop.post(`/v1/orders/${orderId}/confirm`);
    await buy('other', free);
    const { rejection } = await buy('other', limited);
    expect(rejection).toMatchObject({ code: 'purchase_limit_reached', variantId: limited });
    expect(rejection).not.toHaveProperty('heldByYou');
    const elsewhere = await buy('another', limited);
    const again = await buy('another', limited);
    expect(again.rejection).toMatchObject({ heldByYou: { orderId: elsewhere.orderId } });
  });
});

test('each unit that is cancelled, returned or lost stops counting towards the limit', async () => {
  const { orderId } = await buy('parts', small, 3);
  const moveOneUnit = (move: string) =>
    shop.post(`/v1/orders/${orderId}/${move}`, {
      ...{ reason: 'a part', lines: [{ variantId: small, quantity: 1 }] },
    });
  const refused = { rejection: { code: 'purchase_limit_reached', bought: 3 } };
  expect(await buy('parts', large)).toMatchObject(refused);
  await moveOneUnit('cancel');
  expect(await buy('parts', large)).not.toMatchObject(refused);
  expect(await buy('parts', large)).toMatchObject(refused);
  for (const move of ['confirm', 'ship']) await shop.post(`/v1/orders/${orderId}/${move}`);
  for (const move of ['return', 'lost']) {
    await moveOneUnit(move);
    expect((await buy('parts', large)).rejection).toBeUndefined();
    expect(await buy('parts', large)).toMatchObject(refused);
  }
  expect(await takeVerdict(api.context.store, { drained: true })).toMatchObject({ ok: true });
});

test('an expired order gives units back, and can reacquire them only within the limit', async () => {
  const { orderId } = await buy('ana', small, 3);
  const { store, ledger } = api.context;
  const late = new Date((await store.orders.findOne({ _id: orderId }))?.reservedUntil ?? 0);
  const expired = { ...ledger, clock: { now: () => late } };
  await moveOrders(expired, [{ orderId, move: 'expire', actor: 'system' }]);
  const again = await buy('ana', large, 3);
  expect(again).toMatchObject(placed);

  const confirm = () => shop.post(`/v1/orders/${orderId}/confirm`, { reacquire: true });
  expect(await confirm()).toMatchObject({ status: 409 });
  await shop.post(`/v1/orders/${again.orderId}/cancel`, { reason: 'changed my mind' });
  expect(await confirm()).toMatchObject({ status: 200, body: { status: 'confirmed' } });
  expect(await buy('ana', small)).toMatchObject(refused(3, 1));
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true, drift: 0 });
});

test('a new limit counts orders that were placed before it', async () => {
  const free = await givenLimited({});
  const [variantId = ''] = free.variants.map(({ id }) => id);
  expect(await buy('ana', variantId, 3)).toMatchObject(placed);
  await shop.send('PATCH', `/v1/products/${free.id}`, { purchaseLimit: { quantity: 3 } });
  expect(await buy('ana', variantId)).toMatchObject(refused(3, 1));
  await shop.send('PATCH', `/v1/products/${free.id}`, { purchaseLimit: null });
  expect(await buy('ana', variantId)).toMatchObject(placed);
});

test('a variant can have its own limit, which counts only orders within the days of the limit', async () => {
  const { variants } = await givenLimited({}, { purchaseLimit: { quantity: 3, days: 7 } });
  const [limited = '', other = ''] = variants.map(({ id }) => id);
  const { orderId } = await buy('ana', limited, 3);
  expect(await buy('ana', other, 50)).toMatchObject(placed);
  expect(await buy('ana', limited)).toMatchObject({
    rejection: { ...refused(3, 1).rejection, days: 7, variantId: limited },
  });
  const { store } = api.context;
  const order = await store.orders.findOne({ _id: orderId });
  const weekLater = new Date((order?.placedAt.getTime() ?? 0) + 7 * 24 * 3_600_000);
  const { body } = await post(shop, 'ana', limited);
  const [settled] = await settleCheckouts(
    { ...api.context.ledger, clock: { now: () => weekLater } },
    [body.id],
  );
  expect(settled?.status).toBe('placed');
});

test('blanks around a buyer id do not matter, and a blank id is refused', async () => {
  expect(await buy('  carla ', small, 3)).toMatchObject(placed);
  expect(await buy('carla', small)).toMatchObject(refused(3, 1));
  const cart = await shop.post<{ buyerId: string }>('/v1/carts', { buyerId: 'carla\t' });
  expect(cart.body.buyerId).toBe('carla');
  const orders = await shop.get<{ items: { buyerId: string }[] }>('/v1/orders?buyerId=%20carla%20');
  expect(orders.body.items.map(({ buyerId }) => buyerId)).toEqual(['carla']);
  expect((await post(shop, '  ', small)).status).toBe(400);
});

test('reviews and carts show the limit before the checkout', async () => {
  await buy('ana', small, 2);
  const lines = [
    { variantId: small, quantity: 1 },
    { variantId: large, quantity: 1 },
  ];
  const reviewed = await shop.post('/v1/checkouts/review', { buyerId: 'ana', lines });
  const state = { productId: product.id, variantId: small, limit: 3, bought: 2, requested: 2 };
  expect(reviewed.body).toMatchObject({ problems: [{ code: 'purchase_limit_reached', ...state }] });
  const cart = await shop.post('/v1/carts', { buyerId: 'ana', lines });
  expect(cart.body).toMatchObject({
    purchaseLimits: [state],
    changes: [{ kind: 'purchase_limit_reached', variantId: small, before: 2, after: 1 }],
  });
  const cartOfBob = await shop.post('/v1/carts', { buyerId: 'bob', lines });
  expect(cartOfBob.body).toMatchObject({ purchaseLimits: [{ ...state, bought: 0 }], changes: [] });
});

test('only the seller’s own and its listed storefronts sell limited products', async () => {
  const storefront = api.shopB;
  const seller = await givenSeller(api);
  const limited = await givenLimited({ purchaseLimit: { quantity: 3 } }, {}, seller);
  const [{ id: variantId } = { id: '' }] = limited.variants;
  expect(await post(storefront, 'ana', variantId)).toMatchObject({
    status: 403,
    body: {
      code: 'storefront_not_listed',
      shopId: limited.shopId,
      errors: [{ path: 'lines.0.variantId' }],
    },
  });
  const unlimited = await givenLimited({}, { purchaseLimit: { quantity: 1 } }, seller);
  expect((await post(storefront, 'ana', unlimited.variants[1]?.id ?? '')).status).toBe(202);
  const rights = { shopId: storefront.shopId, maySell: true, mayConfirm: false };
  expect((await seller.post('/v1/storefronts', rights)).body).toMatchObject(rights);
  expect(await post(storefront, 'ana', variantId)).toMatchObject({ status: 202 });
});

describe('an edit', () => {
  const patch = (purchaseLimit: object | null) =>
    shop.send<{ exceededLimits?: object }>('PATCH', `/v1/products/${product.id}`, {
      purchaseLimit,
    });

  test('that lowers a limit below what was bought is stored, and its response counts the buyers above the limit', async () => {
    await buy('ana', small, 3);
    await buy('bob', large, 1);
    expect(await patch({ quantity: 2 })).toMatchObject({
      status: 200,
      body: {
        purchaseLimit: { quantity: 2 },
        exceededLimits: [{ path: 'purchaseLimit', quantity: 2, buyers: 1 }],
      },
    });
    expect(await buy('ana', small)).toMatchObject({ rejection: { limit: 2, bought: 3 } });
    expect((await patch({ quantity: 3 })).body.exceededLimits).toBeUndefined();
  });

  test.each([
    ['no quantity', {}, 'purchaseLimit.quantity'],
    ['a quantity of 0', { quantity: 0 }, 'purchaseLimit.quantity'],
    ['zero days', { quantity: 1, days: 0 }, 'purchaseLimit.days'],
    ['half a day', { quantity: 1, days: 0.5 }, 'purchaseLimit.days'],
  ])('with %s is refused', async (_, purchaseLimit, path) => {
    expect(await patch(purchaseLimit)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path }] },
    });
  });

  test('is stored even if the orders cannot be searched, and its response says that limits were not checked', async () => {
    await buy('ana', small, 3);
    const { orders } = api.context.store;
    vi.spyOn(orders, 'countDocuments').mockRejectedValueOnce(new Error('too slow'));
    const { status, body } = await patch({ quantity: 2 });
    expect([status, body]).toMatchObject([
      200,
      { purchaseLimit: { quantity: 2 }, exceededLimitsIncomplete: true },
    ]);
    expect(body).not.toHaveProperty('exceededLimits');
  });

  test('reports if not all orders of the shop were searched', async () => {
    await buy('ana', small, 2);
    await buy('bob', small, 2);
    const stored = await api.context.store.products.findOne<ProductRecord>({ _id: product.id });
    const limited = { ...(stored as ProductRecord), purchaseLimit: { quantity: 1 } };
    const limits = [{ path: 'purchaseLimit', quantity: 1, buyers: 2 }];
    const complete = await findExceededLimits(api.context, limited);
    expect(complete).toEqual({ limits, isIncomplete: false });
    const incomplete = await findExceededLimits(api.context, limited, 1);
    expect(incomplete).toMatchObject({ isIncomplete: true });
  });
});

describe('a limit below the smallest quantity that is sold', () => {
  const boxed = { quantityRule: { min: 6 } };
  const tooLow = (path: string) => ({
    status: 422,
    body: { code: 'quantity_not_allowed', nearestQuantity: 6, errors: [{ path }] },
  });

  test.each([
    ['of a variant', { purchaseLimit: { quantity: 5 } }, {}, 'variants.0.purchaseLimit.quantity'],
    ['of the product', {}, { purchaseLimit: { quantity: 5 } }, 'purchaseLimit.quantity'],
  ])('%s is refused', async (_, variant, fields, path) => {
    const create = (rule: object) => {
      const variants = [variantRequest({ ...rule, ...variant })];
      return shop.post<ShownProduct>('/v1/products', productRequest({ variants, ...fields }));
    };
    expect(await create(boxed)).toMatchObject(tooLow(path));
    expect(await create({ quantityRule: { step: 6 } })).toMatchObject(tooLow(path));
    const { body: created } = await create({});
    const [createdVariant] = created.variants;
    const variants = [{ ...variantRequest(), ...boxed, ...variant, sku: createdVariant?.sku }];
    const edited = await shop.send('PATCH', `/v1/products/${created.id}`, { variants });
    expect(edited).toMatchObject(tooLow(path));
  });

  test('is refused in an edit of the limit alone, and in both import modes', async () => {
    const { id, variants } = await givenLimited({}, boxed);
    const edit = { purchaseLimit: { quantity: 5 } };
    const path = 'purchaseLimit.quantity';
    expect(await shop.send('PATCH', `/v1/products/${id}`, edit)).toMatchObject(tooLow(path));
    const line = productRequest({ variants: [variantRequest(boxed)], ...edit });
    const refused = { errors: [{ line: 1, path, code: 'quantity_not_allowed' }] };
    for (const mode of ['report', 'upsert']) {
      const answer = await importLines(shop, [line], `?mode=${mode}`);
      expect(answer.body).toMatchObject(refused);
    }
    expect(
      (await shop.send('PATCH', `/v1/products/${id}`, { purchaseLimit: { quantity: 6 } })).status,
    ).toBe(200);
    expect(await buy('ana', variants[0]?.id ?? '', 6)).toMatchObject(placed);
  });
});

describe('a product that was stored before limits were checked against quantity rules', () => {
  /** The limits of the product and its variant are below the smallest quantity that is sold. */
  async function givenOlder() {
    const limits = { purchaseLimit: { quantity: 5 } };
    const { id, variants } = await givenLimited(limits, { quantityRule: { min: 3 }, ...limits });
    const { products } = api.context.store;
    const set = { 'variants.0.quantityRule': { min: 6 } };
    await products.updateOne({ _id: id }, { $set: set });
    const { body } = await shop.get<ShownProduct & { title: string }>(`/v1/products/${id}`);
    expect(body).toMatchObject({
      ...limits,
      variants: [{ quantityRule: { min: 6 }, ...limits }, {}],
    });
    const shownVariants = body.variants.map(({ available: _, ...variant }) => variant);
    const edit = (changes: object) => shop.send('PATCH', `/v1/products/${id}`, changes);
    return { title: body.title, variants: shownVariants, edit, sku: variants[0]?.sku };
  }

  test('can be edited only if the edit keeps limits and rules, or sets a valid limit', async () => {
    const { variants, edit } = await givenOlder();
    const repriced = variants.map((variant) => ({ ...variant, price: 77 }));
    expect((await edit({ variants: repriced })).status).toBe(200);
    expect((await edit({ title: 'Renamed', purchaseLimit: { quantity: 5 } })).status).toBe(200);
    const [first, second] = repriced;
    const refused = { status: 422, body: { code: 'quantity_not_allowed' } };
    for (const changes of [
      { purchaseLimit: { quantity: 4 } },
      { variants: [{ ...first, purchaseLimit: { quantity: 4 } }, second] },
      { variants: [{ ...first, quantityRule: { min: 7 } }, second] },
      { variants: [first, { ...second, quantityRule: { min: 6 } }] },
      { variants: [first, second, variantRequest({ quantityRule: { min: 6 } })] },
    ]) {
      expect(await edit(changes)).toMatchObject(refused);
    }
    expect((await edit({ purchaseLimit: { quantity: 6 } })).status).toBe(200);
  });

  test('can be upserted, but not with a new variant that no one could buy', async () => {
    const { title, variants, sku } = await givenOlder();
    const [first] = variants;
    const stocked = { ...first, id: undefined, price: 88, onHand: 40 };
    const { type } = productRequest();
    const file = (...more: object[]) => [{ title, type, variants: [...more, stocked] }];
    const upsert = (lines: readonly unknown[]) => importLines(shop, lines, '?mode=upsert');
    expect((await upsert(file())).body).toMatchObject({ updated: 1, failed: 0 });
    const limits = { quantityRule: { min: 6 }, purchaseLimit: { quantity: 2 } };
    expect((await upsert(file(variantRequest(limits)))).body).toMatchObject({
      failed: 1,
      errors: [{ path: 'variants.0.purchaseLimit.quantity', code: 'quantity_not_allowed' }],
    });
    const { body } = await shop.get<{ items: object[] }>(`/v1/inventory?sku=${sku}`);
    expect(body.items).toMatchObject([{ onHand: 40 }]);
  });
});

test('an export contains the limits', async () => {
  const limit = { purchaseLimit: { quantity: 2, days: 30 } };
  const { id: productId } = await givenLimited(limit, limit);
  const file = await shop.get<string>(`/v1/products/export?format=csv`);
  expect(file.status).toBe(200);
  expect(String(file.body)).toMatch(new RegExp(`${productId},.*,2,30,.*,2,30`));
});
