import { expect, test, vi } from 'vitest';
import { PRICING_MS_MAX } from '../../api/http/bounds.ts';
import { givenForSale, productRequest } from '../../api/testing/requests.ts';
import { openTestApi } from '../../api/testing/start-test-api.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { passSaleTimes } from '../../worker/pass-sale-times/sale-time-sweep.ts';

interface ShownProduct {
  readonly id: string;
  readonly status: string;
  readonly variants: readonly { readonly id: string }[];
}

const clock = manualClock();
const api = await openTestApi({ clock });
let keys = 0;

const inMs = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
const edit = (id: string, times: object) =>
  api.shopA.send<ShownProduct>('PATCH', `/v1/products/${id}`, times);

async function givenTimed(times: object) {
  const product = await givenForSale(api.shopA);
  expect(await edit(product.productId, times)).toMatchObject({ status: 200, body: times });
  return product;
}

async function buy(variantId: string) {
  keys += 1;
  const body = { buyerId: 'b', lines: [{ variantId, quantity: 1 }] };
  const headers = { 'idempotency-key': `timed-${keys}` };
  return api.shopA.post<{ id: string; code?: string }>('/v1/checkouts', body, headers);
}

async function listEvents(productId: string): Promise<string[]> {
  const outbox = await api.context.store.outbox.find({ 'events.subjectId': productId }).toArray();
  const events = outbox
    .flatMap((entry) => entry.events)
    .filter(({ subjectId }) => subjectId === productId);
  return events.toSorted((first, second) => first.seq - second.seq).map(({ type }) => type);
}

test('a product is shown before its sale and can be bought from its start, to the millisecond', async () => {
  const saleFrom = inMs(10_000);
  const { variantId, productId } = await givenTimed({ saleFrom });
  expect((await api.shopB.get(`/v1/products/${productId}`)).body).toMatchObject({ saleFrom });
  const refusal = { code: 'not_on_sale_yet', saleFrom, variantId };
  const early = await buy(variantId);
  expect(early).toMatchObject({ status: 409, body: refusal });
  expect(early.headers.get('retry-after')).toBe('10');
  const body = { buyerId: 'b', lines: [{ variantId, quantity: 1 }] };
  const review = () => api.shopA.post('/v1/checkouts/review', body);
  expect(await review()).toMatchObject({ status: 409, body: refusal });
  expect((await api.shopA.post('/v1/carts', body)).status).toBe(201);
  // The offer stays in the cache up to the start.
  clock.advance(Date.parse(saleFrom) - clock.now().getTime() - 1);
  expect((await buy(variantId)).status).toBe(409);
  clock.advance(1);
  expect((await buy(variantId)).status).toBe(202);
  expect((await review()).status).toBe(200);
});

test('a checkout whose pricing took too long is judged by the current times', async () => {
  const { variantId, productId } = await givenForSale(api.shopA);
  const { priceCache, store } = api.context;
  const get = priceCache.get.bind(priceCache);
  const pricing = vi.spyOn(priceCache, 'get').mockImplementationOnce(async (variantIds) => {
    const offers = await get(variantIds);
    const saleFrom = new Date(inMs(60_000));
    await store.products.updateOne({ _id: productId }, { $set: { saleFrom } });
    clock.advance(PRICING_MS_MAX);
    return offers;
  });
  expect(await buy(variantId)).toMatchObject({ status: 409, body: { code: 'not_on_sale_yet' } });
  // A checkout whose pricing is always too slow is not accepted.
  const slow = async (variantIds: readonly string[]) => {
    clock.advance(PRICING_MS_MAX);
    return get(variantIds);
  };
  pricing.mockImplementation(slow);
  expect((await buy(variantId)).status).toBe(503);
  pricing.mockRestore();
});

test('a checkout that was accepted in time is placed, however late it is settled', async () => {
  const saleUntil = inMs(10_000);
  const { variantId } = await givenTimed({ saleUntil });
  clock.advance(Date.parse(saleUntil) - clock.now().getTime() - 1);
  const inTime = await buy(variantId);
  expect(inTime.status).toBe(202);
  clock.advance(1);
  expect(await buy(variantId)).toMatchObject({
    ...{ status: 409, body: { code: 'sale_over', saleUntil, variantId } },
  });
  const [settled] = await settleCheckouts(api.context.ledger, [inTime.body.id]);
  expect(settled?.status).toBe('placed');
});

test.each([
  ['saleFrom', { saleFrom: 5, saleUntil: 5 }],
  ['publishAt', { publishAt: 5, saleUntil: 4 }],
])(
  'a sale that ends before its %s is refused, for a new product and for an edited product',
  async (_, offsets) => {
    const times = Object.fromEntries(
      Object.entries(offsets).map(([name, seconds]) => [name, inMs(seconds * 1_000)]),
    );
    const refusal = {
      status: 422,
      body: { code: 'sale_ends_before_start', errors: [{ path: 'saleUntil' }] },
    };
    expect(await api.shopA.post('/v1/products', productRequest(times))).toMatchObject(refusal);
    const { productId } = await givenForSale(api.shopA);
    expect(await edit(productId, times)).toMatchObject(refusal);
  },
);

test('a text that is not a time is refused, and null removes a time', async () => {
  const { productId } = await givenForSale(api.shopA);
  expect(await edit(productId, { saleFrom: 'tomorrow' })).toMatchObject({
    ...{ status: 400, body: { errors: [{ path: 'saleFrom' }] } },
  });
  await edit(productId, { saleFrom: inMs(1_000) });
  const { body } = await edit(productId, { saleFrom: null });
  expect(body).not.toHaveProperty('saleFrom');
  const stored = await api.context.store.products.findOne({ _id: productId });
  expect(stored).not.toHaveProperty('nextTimeAt');
});

test('a draft is published and its sale starts and ends, with one event each', async () => {
  const times = { publishAt: inMs(1_000), saleFrom: inMs(2_000), saleUntil: inMs(3_000) };
  const { body } = await api.shopA.post<ShownProduct>('/v1/products', productRequest(times));
  const readStatus = async () =>
    (await api.shopB.get<ShownProduct>(`/v1/products/${body.id}`)).status;
  const { ledger } = api.context;
  await passSaleTimes(ledger);
  expect([await listEvents(body.id), await readStatus()]).toEqual([[], 404]);
  clock.advance(1_000);
  await Promise.all([passSaleTimes(ledger), passSaleTimes(ledger)]);
  expect([await listEvents(body.id), await readStatus()]).toEqual([['product.published'], 200]);
  for (let passed = 0; passed < 3; passed += 1) {
    clock.advance(1_000);
    await passSaleTimes(ledger);
  }
  expect(await listEvents(body.id)).toEqual([
    ...['product.published', 'product.sale_started', 'product.sale_ended'],
  ]);
});

test('a round waits for a time that comes before the next round, and does not act earlier', async () => {
  const publishAt = inMs(100);
  const { body } = await api.shopA.post<ShownProduct>(
    '/v1/products',
    productRequest({ publishAt }),
  );
  const startedAt = { at: clock.now().getTime(), ms: performance.now() };
  const running = { now: () => new Date(startedAt.at + performance.now() - startedAt.ms) };
  await passSaleTimes({ ...api.context.ledger, clock: running });
  expect(await listEvents(body.id)).toEqual(['product.published']);
  const product = await api.context.store.products.findOne({ _id: body.id });
  expect(product?.updatedAt.getTime()).toBeGreaterThanOrEqual(Date.parse(publishAt));
});

test.each([['9999-12-31T23:59:59-01:00'], ['0000-01-01T00:00:00+01:00']])(
  'the time %s cannot be expressed in UTC, and its refusal names the field',
  async (time) => {
    const refusal = { status: 400, body: { errors: [{ path: 'saleUntil' }] } };
    const request = productRequest({ saleUntil: time });
    expect(await api.shopA.post('/v1/products', request)).toMatchObject(refusal);
    const { productId } = await givenForSale(api.shopA);
    const edited = await api.shopA.send('PATCH', `/v1/products/${productId}`, { saleUntil: time });
    expect(edited).toMatchObject(refusal);
  },
);

test.each([
  ['automatically', { publishAt: 2_000 }],
  ['by a request', {}],
])(
  'a sale whose draft is published %s during its times starts at that moment, once',
  async (_, extra) => {
    const offsets = { saleFrom: 1_000, saleUntil: 5_000, ...extra };
    const times = Object.fromEntries(Object.entries(offsets).map(([name, ms]) => [name, inMs(ms)]));
    const { body } = await api.shopA.post<ShownProduct>('/v1/products', productRequest(times));
    const { ledger } = api.context;
    for (let passed = 0; passed < 2; passed += 1) {
      clock.advance(1_000);
      await passSaleTimes(ledger);
    }
    const callAction = async (action: string) =>
      api.shopA.post(`/v1/products/${body.id}/${action}`);
    for (const action of ['publish', 'unpublish', 'publish']) {
      await callAction(action);
      await passSaleTimes(ledger);
    }
    clock.advance(3_000);
    await passSaleTimes(ledger);
    const events = await listEvents(body.id);
    expect(events.filter((type) => type !== 'product.published')).toEqual([
      ...['product.sale_started', 'product.sale_ended'],
    ]);
  },
);

test('a sale that is over when its draft is published has no events', async () => {
  const times = { saleFrom: inMs(1_000), saleUntil: inMs(2_000) };
  const { body } = await api.shopA.post<ShownProduct>('/v1/products', productRequest(times));
  clock.advance(2_000);
  await api.shopA.post(`/v1/products/${body.id}/publish`);
  await passSaleTimes(api.context.ledger);
  expect(await listEvents(body.id)).toEqual(['product.published']);
});

test('publishing by a request creates an event too, and the scheduled time then changes nothing', async () => {
  const { body } = await api.shopA.post<ShownProduct>(
    '/v1/products',
    productRequest({ publishAt: inMs(1_000) }),
  );
  for (let times = 0; times < 2; times += 1) {
    await api.shopA.post(`/v1/products/${body.id}/publish`);
  }
  clock.advance(1_000);
  await passSaleTimes(api.context.ledger);
  expect(await listEvents(body.id)).toEqual(['product.published']);
});

test('importing and publishing products creates their events, but none of a sale that is over', async () => {
  const started = productRequest({ saleFrom: inMs(-1_000) });
  const over = productRequest({ saleFrom: inMs(-2_000), saleUntil: inMs(-1_000) });
  const file = [started, over].map((product) => JSON.stringify(product)).join('\n');
  const type = { 'content-type': 'application/x-ndjson' };
  const path = '/v1/products/import?publish=true';
  expect((await api.shopA.post(path, file, type)).body).toMatchObject({ created: 2 });
  const { ledger, store } = api.context;
  await passSaleTimes(ledger);
  const listEventsOf = async (request: Record<string, unknown>) => {
    const [{ sku }] = request['variants'] as [{ sku: string }];
    const product = await store.products.findOne({ 'variants.sku': sku });
    return listEvents(product?._id ?? '');
  };
  expect(await listEventsOf(started)).toEqual(['product.published', 'product.sale_started']);
  expect(await listEventsOf(over)).toEqual(['product.published']);
});
