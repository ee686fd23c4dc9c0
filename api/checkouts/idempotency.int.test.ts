import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { type ManualClock, manualClock } from '../../shared/testing/manual-clock.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

const PRICE_AGE_MS = 1_001;
const DAY_MS = 24 * 60 * 60 * 1_000;

const namespace = testNamespace();
let api: TestApi;
let clock: ManualClock;

beforeAll(async () => {
  clock = manualClock();
  api = await startTestApi(namespace, { clock });
});
afterAll(() => api.close());

interface Accepted {
  readonly id: string;
  readonly total: number;
  readonly code?: string;
}

const toBody = (variantId: string, quantity = 1) => ({
  buyerId: 'b',
  lines: [{ variantId, quantity }],
});

function post(key: string, body: unknown, shop: TestShop = api.shopB) {
  return shop.post<Accepted>('/v1/checkouts', body, { 'idempotency-key': key });
}

const countStored = (key: string) =>
  api.context.store.checkouts.countDocuments({ idempotencyKey: `${api.shopB.keyId}:${key}` });

test('a checkout is stored before it is acknowledged, and its job is enqueued', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const { status, headers, body } = await post('first', toBody(variantId));
  expect(status).toBe(202);
  expect(body).toEqual({
    id: expect.stringMatching(/^chk_/),
    status: 'queued',
    buyerId: 'b',
    currency: 'GBP',
    total: 4_900,
    acceptedAt: expect.stringMatching(/Z$/),
  });
  expect(headers.get('location')).toBe(`/v1/checkouts/${body.id}`);
  expect(headers.get('retry-after')).toBe('1');
  expect(await countStored('first')).toBe(1);
  await expect.poll(() => api.context.queue.bull.getJobState(`${body.id}.0`)).toBe('waiting');
});

test('a repeat gets the first response, whatever has happened since', async () => {
  const { productId, variantId } = await givenForSale(api.shopA);
  const body = toBody(variantId);
  const first = await post('repeat', body);
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  const findOne = vi.spyOn(api.context.store.checkouts, 'findOne');
  onTestFinished(() => findOne.mockRestore());
  const repeat = async (when: string) => {
    const answer = await post('repeat', body);
    expect({ when, status: answer.status, body: answer.body }).toEqual({
      when,
      status: 202,
      body: first.body,
    });
    expect(answer.headers.get('location')).toBe(first.headers.get('location'));
    expect(answer.headers.get('idempotent-replayed')).toBe('true');
  };
  await repeat('at once');
  // A failover may undo what the majority has not stored.
  expect(findOne.mock.lastCall).toMatchObject([
    { idempotencyKey: `${api.shopB.keyId}:repeat` },
    { readConcern: { level: 'majority' } },
  ]);
  await settleCheckouts(api.context.ledger, [first.body.id]);
  await repeat('after it was settled');
  await api.context.store.products.updateOne(
    { _id: productId },
    { $set: { 'variants.0.price': 5_900 } },
  );
  clock.advance(PRICE_AGE_MS);
  expect((await post('new-price', body)).body.total).toBe(5_900);
  await repeat('after the price has changed');
  await api.shopA.post(`/v1/products/${productId}/unpublish`);
  clock.advance(PRICE_AGE_MS);
  expect((await post('off-sale', body)).status).toBe(422);
  await repeat('after it was taken off sale');
  await api.context.store.products.deleteOne({ _id: productId });
  clock.advance(PRICE_AGE_MS);
  await repeat('after the product is deleted');
  expect(await countStored('repeat')).toBe(1);
});

test('a repeat is recognized by its parsed body, whatever its spelling', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const first = await post('spelling', toBody(variantId));
  const sameRequest = `{ "lines":[ {"quantity":1.0,"variantId":"${variantId}"} ],\n "buyerId":"\\u0062" }`;
  expect(await post('spelling', sameRequest)).toMatchObject({ status: 202, body: first.body });
});

test('the order of the keys of metadata does not matter', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const send = (metadata: object) => post('metadata', { ...toBody(variantId), metadata });
  const first = await send({ cart: '1', visit: '2' });
  expect(first.status).toBe(202);
  expect(await send({ visit: '2', cart: '1' })).toMatchObject({ status: 202, body: first.body });
  expect((await send({ visit: '1', cart: '2' })).status).toBe(422);
});

test('a key that was used for another request is refused', async () => {
  const { variantId } = await givenForSale(api.shopA);
  await post('taken', toBody(variantId));
  for (const body of [toBody(variantId, 2), { ...toBody(variantId), expectedTotal: 4_900 }]) {
    const answer = await post('taken', body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  }
  expect(await countStored('taken')).toBe(1);
});

test('a refused request does not use up its key', async () => {
  const { variantId } = await givenForSale(api.shopA);
  expect((await post('again', toBody('var_unknown'))).status).toBe(422);
  expect((await post('again', toBody(variantId))).status).toBe(202);
});

test('each caller has its own keys', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const mine = await post('same-words', toBody(variantId));
  const other = await api.withScopes(api.shopB, ['checkouts:write']);
  const theirs = await post('same-words', toBody(variantId, 3), other);
  expect([mine.status, theirs.status]).toEqual([202, 202]);
  expect(theirs.body.id).not.toBe(mine.body.id);
});

test('twenty concurrent requests with one key create one checkout', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => post('twenty', toBody(variantId))),
  );
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 202, body: answers[0]?.body });
  }
  expect(await countStored('twenty')).toBe(1);
  const ofVariant = { 'lines.variantId': variantId };
  expect(await api.context.store.checkouts.countDocuments(ofVariant)).toBe(1);
});

test('a repeat that is refused waits for the first request, which is being stored', async () => {
  const { productId, variantId } = await givenForSale(api.shopA);
  const { checkouts } = api.context.store;
  const insertMany = checkouts.insertMany.bind(checkouts);
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const inserting = vi.spyOn(checkouts, 'insertMany').mockImplementationOnce(async (...args) => {
    await released;
    return insertMany(...args);
  });
  onTestFinished(() => inserting.mockRestore());
  const first = post('stored-late', toBody(variantId));
  await expect.poll(() => inserting.mock.calls.length).toBe(1);
  await api.shopA.post(`/v1/products/${productId}/unpublish`);
  clock.advance(PRICE_AGE_MS);
  const repeat = post('stored-late', toBody(variantId));
  // Enough time for an answer to the repeat that does not wait for the first request.
  setTimeout(release, 100);
  expect(await repeat).toMatchObject({ status: 202, body: (await first).body });
  expect((await post('too-late', toBody(variantId))).status).toBe(422);
});

test('a key can be used again after a day', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const first = await post('daily', toBody(variantId));
  clock.advance(DAY_MS + 1);
  const next = await post('daily', toBody(variantId, 2));
  expect(next.status).toBe(202);
  expect(next.body.id).not.toBe(first.body.id);
});

test('the storefront that placed a checkout can read it, and another shop cannot', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const { body } = await post('seen', toBody(variantId));
  const path = `/v1/checkouts/${body.id}`;
  expect(await api.shopB.get(path)).toMatchObject({
    status: 200,
    body: { id: body.id, status: 'queued', orders: [], timeline: [{ step: 'received' }, {}] },
  });
  for (const suffix of ['', '/events']) {
    const theirs = await api.shopA.get(`${path}${suffix}`, { prefer: 'wait=5' });
    expect(theirs).toMatchObject({ status: 404, body: { code: 'not_found' } });
  }
});
