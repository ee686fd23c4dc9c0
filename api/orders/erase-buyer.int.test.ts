import { afterEach, expect, test, vi } from 'vitest';
import { eraseBuyer } from '../../shared/ledger/erase-buyer.ts';
import { reconcile } from '../../shared/ledger/judging/reconcile.ts';
import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { withdrawCheckouts } from '../../shared/ledger/withdraw-checkout.ts';
import { toOrderId } from '../../shared/runtime/ids.ts';
import { tokenClient } from '../../shared/testing/api-client.ts';
import { newDelivery } from '../../shared/webhooks/new-delivery.ts';
import { givenForSale } from '../testing/requests.ts';
import { openTestApi, type TestShop } from '../testing/start-test-api.ts';

const api = await openTestApi();
const { variantId, productId } = await givenForSale(api.shopA, { onHand: 1_000 });
const shippingAddress = { name: 'Ada Secret', line1: '1 Secret Lane', city: 'Bath', country: 'GB' };
const personal = { shippingAddress, contact: { email: 'secret@example.org' }, note: 'My secret' };
const SECRETS = /Ada|Secret Lane|secret@|My secret/;
let count = 0;
let deliveries = 0;

afterEach(() => {
  vi.restoreAllMocks();
});

interface Report {
  readonly erased: Readonly<Record<string, number>>;
  readonly kept: Readonly<Record<string, number>>;
  readonly isComplete: boolean;
}

async function place(
  buyerId: string,
  by: TestShop = api.shopA,
  quantity = 1,
  lines = [{ variantId, quantity }],
) {
  count += 1;
  const body = { buyerId, lines, ...personal };
  const headers = { 'idempotency-key': `erase-${count}` };
  const { body: accepted } = await by.post<{ id: string }>('/v1/checkouts', body, headers);
  const [settled] = await settleCheckouts(api.context.ledger, [accepted.id]);
  return { checkoutId: accepted.id, orderId: settled?.orderIds[0] ?? '', settled };
}

/** Places an order and cancels it, as the buyer, with a reason that names the buyer. */
async function givenEnded(buyerId: string, by: TestShop = api.shopA) {
  const placed = await place(buyerId, by);
  const { body } = await by.post<{ token: string }>('/v1/buyer-tokens', { buyerId });
  const buyer = tokenClient(api.url, body.token);
  await buyer.post(`/v1/orders/${placed.orderId}/cancel`, { reason: 'It is secret, says Ada' });
  return placed;
}

const erase = async (buyerId: string, by: TestShop = api.shopA) =>
  (await by.post<Report>(`/v1/buyers/${encodeURIComponent(buyerId)}/erase`)).body;

/** Returns all stored documents that contain a secret, each on a line. */
async function findSecrets(): Promise<string> {
  const { db } = api.context.store.connection;
  const collections = (await db?.collections()) ?? [];
  const texts = await Promise.all(
    collections.map(async (collection) =>
      (await collection.find().toArray()).map(
        (document) => `${collection.collectionName} ${JSON.stringify(document)}`,
      ),
    ),
  );
  return texts
    .flat()
    .filter((text) => SECRETS.test(text))
    .join('\n');
}

async function givenDelivery(orderId: string, shown: object = personal): Promise<void> {
  const { store } = api.context;
  const subject = {
    shopId: api.shopA.shopId,
    type: 'order.cancelled' as const,
    subjectId: orderId,
  };
  deliveries += 1;
  const eventId = `evt_01M85ENFVSV571FJHRR5C3TZ80-${deliveries}`;
  const ids = { webhookId: `whk_${deliveries}`, eventId };
  const order = { id: orderId, ...shown };
  const payload = JSON.stringify({ id: ids.eventId, data: { order, subjectId: orderId } });
  const delivery = newDelivery({ ...ids, ...subject, seq: 2, payload }, new Date());
  const answered = { at: new Date(), durationMs: 1, status: 200, isManual: false };
  const attempts = [{ ...answered, response: 'Got it: Ada Secret' }];
  await store.webhookDeliveries.insertOne({ ...delivery, attempts });
}

test('address, contact, note and reason are erased from every collection, and other data stay', async () => {
  const buyerId = 'ada/1 ✓';
  const { orderId, checkoutId } = await givenEnded(buyerId);
  await givenDelivery(orderId);
  await api.shopA.post('/v1/carts', { buyerId });
  expect(await findSecrets()).not.toBe('');
  const before = await api.shopA.get<Record<string, unknown>>(`/v1/orders/${orderId}`);

  const report = await erase(buyerId);
  expect(report).toEqual({
    buyerId,
    erased: { orders: 1, checkouts: 1, carts: 1, deliveries: 1 },
    kept: { orders: 0, checkouts: 0 },
    isComplete: true,
  });
  expect(await findSecrets()).toBe('');

  const { shippingAddress: _, contact: __, note: ___, history, ...untouched } = before.body;
  const after = await api.shopA.get<Record<string, unknown>>(`/v1/orders/${orderId}`);
  expect(after.body).toMatchObject({ ...untouched, reductions: [{ amount: 4_900 }], buyerId });
  expect(after.body['history']).toHaveLength((history as object[]).length);
  expect((await api.shopA.get(`/v1/checkouts/${checkoutId}`)).status).toBe(200);
  const { store, ledger } = api.context;
  expect(await store.searchRequests.findOne({ subjectIds: orderId })).not.toBeNull();
  const entry = await store.audit.findOne({ action: 'buyer.erased' });
  expect(entry).toMatchObject({ target: buyerId, detail: { erased: { orders: 1 } } });
  expect((await reconcile(ledger, { fix: false })).differences).toEqual([]);
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true, drift: 0 });

  expect(await erase(buyerId)).toMatchObject({
    erased: { orders: 0, checkouts: 0, carts: 0, deliveries: 0 },
    isComplete: true,
  });
});

test('the reason that a buyer wrote is erased from payloads without other personal data', async () => {
  const { orderId } = await givenEnded('brief');
  const { body } = await api.shopA.get<Record<string, unknown>>(`/v1/orders/${orderId}`);
  const { shippingAddress: _, contact: __, note: ___, ...shown } = body;
  const kept = { at: body['placedAt'], status: 'pending', actor: 'system', reason: 'kept' };
  await givenDelivery(orderId, { ...shown, history: [...(shown['history'] as object[]), kept] });
  expect(await erase('brief')).toMatchObject({ erased: { deliveries: 1 } });
  expect(await findSecrets()).toBe('');
  const stored = await api.context.store.webhookDeliveries.findOne({ subjectId: orderId });
  const { order } = JSON.parse(stored?.payload ?? '').data;
  expect(order).toMatchObject({
    history: [{ status: 'pending' }, { actor: 'buyer:brief' }, { reason: 'kept' }],
    reductions: [{ actor: 'buyer:brief', amount: 4_900 }],
  });
  expect(await erase('brief')).toMatchObject({ erased: { deliveries: 0 } });
});

test('payloads of an order from which the seller removed the personal data are erased', async () => {
  const { orderId } = await place('amended');
  await givenDelivery(orderId);
  const removed = { shippingAddress: null, contact: null, note: null };
  expect((await api.shopA.send('PATCH', `/v1/orders/${orderId}`, removed)).status).toBe(200);
  expect(await erase('amended')).toMatchObject({
    erased: { orders: 0, deliveries: 1 },
    kept: { orders: 0 },
    isComplete: true,
  });
  expect(await findSecrets()).toBe('');
  await api.shopA.post(`/v1/orders/${orderId}/cancel`, { reason: 'sold elsewhere' });
});

test('payloads that are stored after the erasure of their order are erased by the next call', async () => {
  const { orderId } = await givenEnded('raced');
  const openOrder = await place('raced');
  expect(await erase('raced')).toMatchObject({ erased: { orders: 1 }, kept: { orders: 1 } });
  await givenDelivery(orderId);
  await givenDelivery(openOrder.orderId);
  expect(await erase('raced')).toMatchObject({ erased: { orders: 0, deliveries: 1 } });
  await api.shopA.post(`/v1/orders/${openOrder.orderId}/cancel`, { reason: 'sold elsewhere' });
  expect(await erase('raced')).toMatchObject({ erased: { orders: 1, deliveries: 1 } });
  expect(await findSecrets()).toBe('');
});

test('payloads of many erased orders are found page by page', async () => {
  const COPIES = 1_100;
  const { orderId } = await givenEnded('regular');
  await erase('regular');
  const orders = api.context.store.connection.collection<{ _id: string; placedAt: Date }>('orders');
  const order = await orders.findOne({ _id: orderId });
  const placedMs = order?.placedAt.getTime() ?? 0;
  const copies = Array.from({ length: COPIES }, (_, n) => ({
    // Half of the copies have the same time.
    ...{ ...order, _id: `ord_page_${n}`, placedAt: new Date(placedMs - Math.max(0, n - 550)) },
  }));
  await orders.insertMany(copies);
  for (const n of [0, 499, 500, 549, 551, 1_099]) await givenDelivery(`ord_page_${n}`);
  expect(await erase('regular')).toMatchObject({ erased: { deliveries: 6 }, isComplete: true });
  await orders.deleteMany({ _id: { $in: copies.map(({ _id }) => _id) } });
  expect(await findSecrets()).toBe('');
});

test('only the storefront’s own buyer is erased', async () => {
  const own = await givenEnded('twin');
  const other = await givenEnded('twin', api.shopB);
  const neighbour = await givenEnded('twin 2');
  expect(await erase('twin')).toMatchObject({ erased: { orders: 1, checkouts: 1 } });
  const read = async (id: string) => (await api.shopA.get(`/v1/orders/${id}`)).body;
  expect(await read(own.orderId)).not.toHaveProperty('contact');
  for (const { orderId } of [other, neighbour]) {
    expect(await read(orderId)).toMatchObject(personal);
  }
  for (const [buyerId, by] of [
    ['twin', api.shopB],
    ['twin 2', api.shopA],
  ] as const) {
    await erase(buyerId, by);
  }
});

test('an order that is not sent yet keeps the data that sending needs', async () => {
  const { orderId } = await place('waiting');
  await api.shopA.post(`/v1/orders/${orderId}/confirm`);
  expect(await erase('waiting')).toMatchObject({
    erased: { orders: 0, checkouts: 1 },
    kept: { orders: 1, checkouts: 0 },
    isComplete: true,
  });
  expect((await api.shopA.get(`/v1/orders/${orderId}`)).body).toMatchObject(personal);
  await api.shopA.post(`/v1/orders/${orderId}/ship`);
  expect(await erase('waiting')).toMatchObject({ erased: { orders: 1 }, kept: { orders: 0 } });
  expect((await api.shopA.get(`/v1/orders/${orderId}`)).body).not.toHaveProperty('note');
});

test('the payload of a checkout keeps its data as long as one of its orders does', async () => {
  const other = await givenForSale(api.shopB);
  const lines = [variantId, other.variantId].map((id) => ({ variantId: id, quantity: 1 }));
  const { checkoutId } = await place('two-shops', api.shopA, 1, lines);
  const orderId = toOrderId(checkoutId, api.shopA.shopId);
  const openId = toOrderId(checkoutId, api.shopB.shopId);
  await givenDelivery(checkoutId);
  const isKept = async () => {
    const delivery = await api.context.store.webhookDeliveries.findOne({ subjectId: checkoutId });
    return SECRETS.test(delivery?.payload ?? '');
  };
  expect(await erase('two-shops')).toMatchObject({ erased: { checkouts: 1, deliveries: 0 } });
  expect(await isKept()).toBe(true);
  for (const move of ['confirm', 'ship']) await api.shopA.post(`/v1/orders/${orderId}/${move}`);
  expect(await erase('two-shops')).toMatchObject({ erased: { orders: 1, deliveries: 0 } });
  expect(await isKept()).toBe(true);
  await api.shopA.post(`/v1/orders/${openId}/cancel`, { reason: 'sold elsewhere' });
  expect(await erase('two-shops')).toMatchObject({ erased: { orders: 1, deliveries: 1 } });
  expect(await isKept()).toBe(false);
});

test('purchase limits still count what an erased buyer has bought', async () => {
  const limited = { purchaseLimit: { quantity: 2 } };
  await api.shopA.send('PATCH', `/v1/products/${productId}`, limited);
  await api.context.priceCache.get([variantId]);
  const { orderId } = await place('collector', api.shopA, 2);
  for (const move of ['confirm', 'ship']) await api.shopA.post(`/v1/orders/${orderId}/${move}`);
  expect(await erase('collector')).toMatchObject({ erased: { orders: 1 } });
  const { settled } = await place('collector');
  expect(settled).toMatchObject({
    status: 'rejected',
    rejection: { code: 'purchase_limit_reached', bought: 2 },
  });
  await api.shopA.send('PATCH', `/v1/products/${productId}`, { purchaseLimit: null });
  await erase('collector');
});

test('the lapsed holds of a buyer are erased, and the holds of other buyers are not', async () => {
  const { store, ledger } = api.context;
  for (const buyerId of ['gone', 'gone too']) {
    const { orderId } = await place(buyerId);
    await store.connection
      .collection<{ _id: string }>('orders')
      .updateOne({ _id: orderId }, { $set: { reservedUntil: new Date() } });
    await moveOrders(ledger, [{ orderId, move: 'expire', actor: 'system' }]);
  }
  await erase('gone');
  const left = await store.lapsedHolds.find({ productId }).toArray();
  expect(left.map(({ _id }) => _id)).toEqual([expect.stringContaining('"gone too"')]);
  await erase('gone too');
  expect(await store.lapsedHolds.countDocuments({ productId })).toBe(0);
});

test('the next call continues an erasure that was interrupted', async () => {
  const COPIES = 450;
  const buyer = { storefrontId: api.shopA.shopId, buyerId: 'many' };
  const { orderId } = await givenEnded(buyer.buyerId);
  const { store } = api.context;
  const orders = store.connection.collection<{ _id: string }>('orders');
  const order = await orders.findOne({ _id: orderId });
  const copies = Array.from({ length: COPIES }, (_, n) => ({ ...order, _id: `ord_copy_${n}` }));
  await orders.insertMany(copies);
  const insert = store.searchRequests.insertOne.bind(store.searchRequests);
  let batches = 0;
  vi.spyOn(store.searchRequests, 'insertOne').mockImplementation(async (...args) => {
    batches += 1;
    if (batches === 2) throw new Error('killed');
    return insert(...args);
  });
  await expect(eraseBuyer(api.context.ledger, buyer)).rejects.toThrow('killed');
  const left = { buyerId: 'many', contact: { $exists: true } };
  expect(await orders.countDocuments(left)).toBe(COPIES + 1 - 200);
  const report = await eraseBuyer(api.context.ledger, buyer);
  expect(report).toMatchObject({ erased: { orders: COPIES + 1 - 200 }, isComplete: true });
  expect(await orders.countDocuments(left)).toBe(0);
  await orders.deleteMany({ _id: { $in: copies.map(({ _id }) => _id) } });
  expect(await findSecrets()).toBe('');
});

test('a checkout with personal data has one mark, which is removed when the checkout is erased', async () => {
  const { personalCheckouts } = api.context.store;
  const marks = () => personalCheckouts.find({ _id: /"marked"/ }).toArray();
  const body = { buyerId: 'marked', lines: [{ variantId, quantity: 1 }], ...personal };
  const post = () =>
    api.shopA.post<{ id: string }>('/v1/checkouts', body, { 'idempotency-key': 'm' });
  const ids = [(await post()).body.id, (await post()).body.id];
  expect(new Set(ids).size).toBe(1);
  await expect.poll(marks).toMatchObject([{ checkoutId: ids[0] }]);
  expect(await erase('marked')).toMatchObject({ erased: { checkouts: 0 }, kept: { checkouts: 1 } });
  // Adds two marks without a checkout. The checkout of the new mark may still be stored, but the
  // checkout of the old mark would exist by now.
  const now = Date.now();
  const stray = (name: string, at: number) => ({
    ...{ _id: `["${api.shopA.shopId}","marked"]${name}`, checkoutId: name, at: new Date(at) },
  });
  await personalCheckouts.insertMany([stray('chk_new', now), stray('chk_old', now - 3_600_000)]);
  await withdrawCheckouts(api.context.ledger, ids.slice(0, 1));
  expect(await erase('marked')).toMatchObject({ erased: { checkouts: 1 }, kept: { checkouts: 0 } });
  expect(await marks()).toMatchObject([{ checkoutId: 'chk_new' }]);
});

test('after an erasure a repeated request gets the first response, and another request with the same key is refused', async () => {
  const { store, ledger } = api.context;
  const body = { buyerId: 'again', lines: [{ variantId, quantity: 1 }], ...personal };
  const post = (changes: object = {}) =>
    api.shopA.post<{ id: string; code?: string }>(
      '/v1/checkouts',
      { ...body, ...changes },
      { 'idempotency-key': 'again' },
    );
  const first = await post();
  await withdrawCheckouts(ledger, [first.body.id]);
  const mark = await store.personalCheckouts.findOne({ checkoutId: first.body.id });
  expect(await erase('again')).toMatchObject({ erased: { checkouts: 1 } });
  // As if another call had read the mark before this one deleted it.
  if (mark !== null) await store.personalCheckouts.insertOne(mark);
  await erase('again');
  expect(await store.checkouts.findOne({ _id: first.body.id })).not.toHaveProperty('keptHash');
  expect(await post()).toMatchObject({ status: 202, body: first.body });
  expect(await post({ lines: [{ variantId, quantity: 2 }] })).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reused' },
  });
  expect(await store.checkouts.countDocuments({ buyerId: 'again' })).toBe(1);
});

test('what an erasure keeps of a reduction does not confirm a guessed reason', async () => {
  const placed = [await place('guessed', api.shopA, 2), await place('guessed', api.shopA, 2)];
  const { body } = await api.shopA.post<{ token: string }>('/v1/buyer-tokens', {
    buyerId: 'guessed',
  });
  const buyer = tokenClient(api.url, body.token);
  const reduction = { lines: [{ variantId, quantity: 1 }], reason: 'It is secret, says Ada' };
  for (const { orderId } of placed) {
    const headers = { 'idempotency-key': `guess-${orderId}` };
    const cancelled = await buyer.post(`/v1/orders/${orderId}/cancel`, reduction, headers);
    expect(cancelled.status).toBe(200);
    await buyer.post(`/v1/orders/${orderId}/cancel`, { reason: 'the rest, too' });
  }
  expect(await erase('guessed')).toMatchObject({ erased: { orders: 2 } });
  const orders = await api.context.store.orders.find({ buyerId: 'guessed' }).toArray();
  const reductions = orders.flatMap((order) => order.reductions?.[0] ?? []);
  const hashes = reductions.flatMap(({ request }) => request?.hash ?? []);
  expect(reductions.flatMap(({ reason }) => reason ?? [])).toEqual([]);
  expect(hashes).toHaveLength(2);
  // A hash of the request alone would be the same for both.
  expect(new Set(hashes).size).toBe(2);
});

test('buyers cannot erase, and an id that no buyer can have is refused', async () => {
  const { body } = await api.shopA.post<{ token: string }>('/v1/buyer-tokens', { buyerId: 'eve' });
  const buyer = tokenClient(api.url, body.token);
  expect((await buyer.post('/v1/buyers/eve/erase')).status).toBe(403);
  expect((await api.shopA.post(`/v1/buyers/${'x'.repeat(129)}/erase`)).status).toBe(400);
  expect((await api.shopA.post('/v1/buyers/%20/erase')).status).toBe(400);
});

test('an erasure that fails is in the audit log only as started', async () => {
  const buyerId = 'broken-off';
  await api.shopA.post('/v1/carts', { buyerId });
  const { store } = api.context;
  const broken = vi.spyOn(store.carts, 'deleteMany').mockRejectedValueOnce(new Error('no answer'));
  expect((await api.shopA.post(`/v1/buyers/${buyerId}/erase`)).status).toBe(500);
  expect(broken).toHaveBeenCalledTimes(1);
  const entries = await store.audit.find({ target: buyerId }).toArray();
  expect(entries.map(({ action }) => action)).toEqual(['buyer.erasure_started']);
});
