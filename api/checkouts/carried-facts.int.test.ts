import { expect, test, vi } from 'vitest';
import { reconcile } from '../../shared/ledger/judging/reconcile.ts';
import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { tokenClient } from '../../shared/testing/api-client.ts';
import { givenForSale } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi();

interface Shown {
  readonly id: string;
  readonly total: number;
  readonly orders: readonly { readonly id: string; readonly shopId: string; total: number }[];
  readonly metadata?: object;
}
interface ShownOrder {
  readonly total: number;
  readonly status: string;
  readonly refunded?: number;
  readonly metadata?: object;
}

const productOfA = await givenForSale(api.shopA, { price: 1_000 });
const productOfB = await givenForSale(api.shopB, { price: 300 });
const shipping = { kind: 'shipping', title: 'Parcel post', amount: 450 };
const contact = { email: 'Ada@example.org', phone: '+44 (0)20 7946-0018', name: 'Ada' };
let count = 0;

function body(changes: object, variantIds = [productOfA.variantId]) {
  const lines = variantIds.map((variantId) => ({ variantId, quantity: 1 }));
  return { buyerId: 'ada', lines, ...changes };
}

async function post(changes: object, variantIds?: string[], by = api.shopA) {
  count += 1;
  const headers = { 'idempotency-key': `facts-${count}` };
  return by.post<Shown>('/v1/checkouts', body(changes, variantIds), headers);
}

async function place(changes: object, variantIds?: string[], by = api.shopA) {
  const { status, body: accepted } = await post(changes, variantIds, by);
  expect(status).toBe(202);
  await settleCheckouts(api.context.ledger, [accepted.id]);
  const { body: checkout } = await by.get<Shown>(`/v1/checkouts/${accepted.id}`);
  return { accepted, checkout };
}

const readOrder = async (id: string | undefined, by = api.shopA) =>
  (await by.get<ShownOrder>(`/v1/orders/${id}`)).body;

test('an order contains the contact, note, charges and metadata of its checkout', async () => {
  const facts = { contact, note: 'Ring twice.\nThank you.', metadata: { cart: 'c-1' } };
  const { accepted, checkout } = await place({ ...facts, charges: [shipping] });
  const charges = [{ ...shipping, shopId: api.shopA.shopId }];
  expect(accepted).toMatchObject({ total: 1_450, charges });
  expect(accepted).not.toHaveProperty('contact');
  expect(checkout).toMatchObject({ ...facts, total: 1_450, charges, orders: [{ total: 1_450 }] });
  const order = await readOrder(checkout.orders[0]?.id);
  const amounts = { subtotal: 1_000, discount: 0, total: 1_450 };
  expect(order).toMatchObject({ ...facts, ...amounts, charges: [shipping] });
});

test('a checkout with personal data is refused and not stored if its mark cannot be stored', async () => {
  const { checkouts, personalCheckouts } = api.context.store;
  const before = await checkouts.countDocuments();
  const marking = vi.spyOn(personalCheckouts, 'insertMany');
  marking.mockRejectedValueOnce(new Error('no primary'));
  const { status } = await post({ contact });
  expect(marking).toHaveBeenCalledOnce();
  marking.mockRestore();
  expect(status).toBe(500);
  expect(await checkouts.countDocuments()).toBe(before);
});

test('each shop’s order contains the charges that name it, and only its own metadata', async () => {
  const [a, b] = [api.shopA.shopId, api.shopB.shopId];
  const charges = [
    { ...shipping, shopId: b },
    { kind: 'tax', title: 'VAT', amount: 20, shopId: a },
    { kind: 'fee', title: 'Gift wrap', amount: 7, shopId: b },
  ];
  const metadata = { campaign: 'x' };
  const variantIds = [productOfA.variantId, productOfB.variantId];
  const { checkout } = await place({ charges, metadata, expectedTotal: 1_777 }, variantIds);
  expect(checkout).toMatchObject({ total: 1_777, metadata });
  const totals = new Map(checkout.orders.map(({ shopId, total }) => [shopId, total]));
  expect(totals).toEqual(
    new Map([
      [a, 1_020],
      [b, 757],
    ]),
  );
  const [orderOfA, orderOfB] = [a, b].map(
    (id) => checkout.orders.find(({ shopId }) => shopId === id)?.id,
  );
  expect(await readOrder(orderOfA)).toMatchObject({ total: 1_020, metadata });
  for (const by of [api.shopA, api.shopB]) {
    expect(await readOrder(orderOfB, by)).toMatchObject({ total: 757 });
    expect(await readOrder(orderOfB, by)).not.toHaveProperty('metadata');
  }
});

test('a review includes charges in its totals and in expectedTotal', async () => {
  const charges = [shipping];
  const review = async (expectedTotal: number) =>
    (await api.shopA.post('/v1/checkouts/review', body({ charges, expectedTotal }))).body;
  expect(await review(1_450)).toMatchObject({
    ...{ subtotal: 1_000, discount: 0, total: 1_450, problems: [] },
    shops: [{ total: 1_450, charges }],
  });
  expect(await review(1_000)).toMatchObject({ problems: [{ code: 'price_changed' }] });
  const { checkout } = await place({ charges, expectedTotal: 1_000 });
  expect(checkout).toMatchObject({ status: 'rejected', rejection: { code: 'price_changed' } });
});

test('a buyer with a token can set neither charges nor metadata, and sees no metadata', async () => {
  const buyerId = 'ada';
  const minted = await api.shopA.post<{ token: string }>('/v1/buyer-tokens', { buyerId });
  const buyer = tokenClient(api.url, minted.body.token);
  for (const facts of [{ charges: [] }, { charges: [shipping] }, { metadata: { a: 'b' } }]) {
    for (const path of ['/v1/checkouts', '/v1/checkouts/review']) {
      const refused = await buyer.post(path, body(facts), { 'idempotency-key': 'by-buyer' });
      const [field] = Object.keys(facts);
      expect(refused).toMatchObject({ status: 403, body: { errors: [{ path: field }] } });
    }
  }
  const { checkout } = await place({ contact, metadata: { a: 'b' } });
  const seen = await buyer.get<Shown>(`/v1/checkouts/${checkout.id}`);
  expect(seen.body).toMatchObject({ contact });
  expect(seen.body).not.toHaveProperty('metadata');
  const order = await buyer.get(`/v1/orders/${checkout.orders[0]?.id}`);
  expect(order.body).toMatchObject({ contact });
  expect(order.body).not.toHaveProperty('metadata');
  expect(await readOrder(checkout.orders[0]?.id)).toMatchObject({ metadata: { a: 'b' } });
});

test('an order of free products with a charge is not confirmed without a payment', async () => {
  const free = await givenForSale(api.shopA, { price: 0 });
  const { checkout } = await place({ charges: [shipping] }, [free.variantId]);
  expect(await readOrder(checkout.orders[0]?.id)).toMatchObject({ status: 'pending', total: 450 });
  const { checkout: gift } = await place({}, [free.variantId]);
  expect(await readOrder(gift.orders[0]?.id)).toMatchObject({ status: 'confirmed', total: 0 });
});

test('a refund lists its charges, and cancelling a confirmed order refunds all charges', async () => {
  const { checkout } = await place({ charges: [shipping] }, [productOfA.variantId]);
  const path = `/v1/orders/${checkout.orders[0]?.id}`;
  await api.shopA.post(`${path}/confirm`);
  const cancelled = await api.shopA.post(`${path}/cancel`, { reason: 'sold twice' });
  expect(cancelled.body).toMatchObject({
    ...{ status: 'cancelled', refunded: 1_450 },
    reductions: [{ refund: 1_450, charges: [{ index: 0, amount: 450 }] }],
  });
  const { checkout: other } = await place({ charges: [shipping] });
  const otherPath = `/v1/orders/${other.orders[0]?.id}`;
  for (const move of ['confirm', 'ship']) await api.shopA.post(`${otherPath}/${move}`);
  const tooMuch = await api.shopA.post(`${otherPath}/return`, {
    charges: [{ index: 0, amount: 451 }],
  });
  expect(tooMuch).toMatchObject({ status: 409, body: { errors: [{ path: 'charges.0.amount' }] } });
  const returned = await api.shopA.post(`${otherPath}/return`, {
    charges: [{ index: 0, amount: 50 }],
  });
  expect(returned.body).toMatchObject({ status: 'returned', refunded: 1_050 });
  const { ledger, store } = api.context;
  expect((await reconcile(ledger, { fix: false })).differences).toEqual([]);
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true, drift: 0 });
});

test('reconciling reports an order whose charges differ from the charges of its checkout', async () => {
  const { checkout } = await place({ charges: [shipping] });
  const orders = api.context.store.connection.collection('orders');
  const filter = { checkoutId: checkout.id };
  await orders.updateOne(filter, { $set: { 'charges.0.amount': 0, total: 1_000 } });
  const { differences } = await reconcile(api.context.ledger, { fix: false });
  const fields = differences.map((difference) =>
    'field' in difference ? difference.field : undefined,
  );
  expect(fields).toEqual(['charges.0.amount', 'total']);
  await orders.updateOne(filter, { $set: { 'charges.0.amount': 450, total: 1_450 } });
});

test.each([
  [{ contact: {} }, 'contact'],
  [{ contact: { email: 'no address' } }, 'contact.email'],
  [{ contact: { phone: 'call me' } }, 'contact.phone'],
  [{ contact: { name: 'Ada', fax: '1' } }, 'contact.fax'],
  [{ note: '' }, 'note'],
  [{ note: 'x'.repeat(2_001) }, 'note'],
  [{ metadata: { a: 'x'.repeat(501) } }, 'metadata.a'],
  [{ charges: [{ ...shipping, amount: -1 }] }, 'charges.0.amount'],
  [{ charges: [{ ...shipping, amount: 0.5 }] }, 'charges.0.amount'],
  [{ charges: [{ ...shipping, kind: 'discount' }] }, 'charges.0.kind'],
  [{ charges: [{ kind: 'fee', amount: 1 }] }, 'charges.0.title'],
  [{ charges: [{ ...shipping, shopId: 'shp_other' }] }, 'charges.0.shopId'],
  [{ charges: [{ ...shipping, amount: 1_000_000_000_000 }] }, 'charges'],
  [{ charges: Array.from({ length: 51 }, () => shipping) }, 'charges'],
])('a checkout with %j is refused', async (facts, path) => {
  const answer = await post(facts);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.body).toMatchObject({ errors: [{ path }] });
});

test('a repeat with the same key but a different charge is refused', async () => {
  const headers = { 'idempotency-key': 'charged-twice' };
  const send = (amount: number) =>
    api.shopA.post('/v1/checkouts', body({ charges: [{ ...shipping, amount }] }), headers);
  expect((await send(1)).status).toBe(202);
  expect((await send(2)).body).toMatchObject({ code: 'idempotency_key_reused' });
});
