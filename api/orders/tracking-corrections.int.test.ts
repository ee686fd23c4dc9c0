import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { givenForSale, givenOrders } from '../testing/requests.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

interface ShownOrder {
  readonly id: string;
  readonly status: string;
  readonly trackingReference: string;
  readonly carrier?: string;
  readonly history: readonly object[];
}

const OWN_FORM = /^LU(-[0-9A-Z]{5}){4}$/;
const namespace = testNamespace();
let api: TestApi;
let references = 0;

beforeAll(async () => {
  api = await startTestApi(namespace);
});
afterAll(() => api.close());

const newReference = () => {
  references += 1;
  return `JD-${references}`;
};

async function givenOrderId(by: TestShop = api.shopA): Promise<string> {
  const { variantId } = await givenForSale(api.shopA);
  return (await givenOrders(api, by, [variantId])).orderIds[0] ?? '';
}

async function givenShipped(body?: object, by?: TestShop): Promise<string> {
  const id = await givenOrderId(by);
  await api.shopA.post(`/v1/orders/${id}/confirm`);
  expect((await api.shopA.post(`/v1/orders/${id}/ship`, body)).status).toBe(200);
  return id;
}

const correct = (id: string, body: object, by = api.shopA) =>
  by.send<ShownOrder>('PATCH', `/v1/orders/${id}`, body);

test('a wrong reference is corrected; history, event and audit log show the old reference', async () => {
  const [wrongReference, rightReference] = [newReference(), newReference()];
  const id = await givenShipped({ trackingReference: wrongReference, carrier: 'DHL' });
  const corrected = await correct(id, { trackingReference: ` ${rightReference} ` });
  const entry = {
    kind: 'tracking_corrected',
    status: 'shipped',
    actor: api.shopA.keyId,
    ...{ trackingReference: rightReference, carrier: 'DHL' },
    previous: { trackingReference: wrongReference, carrier: 'DHL' },
  };
  expect(corrected).toMatchObject({
    status: 200,
    body: { status: 'shipped', trackingReference: rightReference, carrier: 'DHL' },
  });
  expect(corrected.body.history.at(-1)).toMatchObject(entry);
  const { store } = api.context;
  const trace = async () => ({
    audit: await store.audit.find({ target: id, action: 'order.tracking_corrected' }).toArray(),
    events: (await store.outbox.find({ 'events.type': 'order.tracking_corrected' }).toArray())
      .flatMap(({ events }) => events)
      .filter(({ subjectId }) => subjectId === id),
  });
  expect(await trace()).toMatchObject({
    audit: [
      { outcome: 'done', detail: { trackingReference: rightReference, previous: entry.previous } },
    ],
    events: [{ seq: 4, shopIds: [api.shopA.shopId], data: { trackingReference: rightReference } }],
  });
  // A repeat changes nothing, and the order can still be delivered.
  expect((await correct(id, { trackingReference: rightReference })).body).toEqual(corrected.body);
  expect((await trace()).events).toHaveLength(1);
  expect((await api.shopA.post(`/v1/orders/${id}/deliver`)).status).toBe(200);
  expect((await correct(id, { carrier: 'Royal Mail' })).body).toMatchObject({
    ...{ status: 'delivered', trackingReference: rightReference, carrier: 'Royal Mail' },
  });
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true });
});

test('a missing reference is added, and a wrong reference is removed', async () => {
  const id = await givenShipped();
  const added = newReference();
  expect((await correct(id, { trackingReference: added })).body.trackingReference).toBe(added);
  const { body } = await correct(id, { trackingReference: null, carrier: null });
  expect(body.trackingReference).toMatch(OWN_FORM);
  expect(body).not.toHaveProperty('carrier');
});

test('a reference belongs to one order, and another order can have it once it is removed', async () => {
  const [first, second] = [newReference(), newReference()];
  const firstOrder = await givenShipped({ trackingReference: first });
  const secondOrder = await givenShipped({ trackingReference: second });
  const taken = { status: 409, body: { code: 'tracking_reference_taken' } };
  expect(await correct(secondOrder, { trackingReference: first })).toMatchObject(taken);
  expect((await correct(secondOrder, {})).status).toBe(400);
  // Two swapped references are corrected by removing one first.
  expect((await correct(firstOrder, { trackingReference: null })).status).toBe(200);
  expect((await correct(secondOrder, { trackingReference: first })).status).toBe(200);
  expect((await correct(firstOrder, { trackingReference: second })).status).toBe(200);
});

test('if two orders are corrected to the same reference concurrently, one correction is refused', async () => {
  const ids = [await givenShipped(), await givenShipped()];
  const trackingReference = newReference();
  const answers = await Promise.all(ids.map((id) => correct(id, { trackingReference })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
});

test.each([
  ['pending', []],
  ['confirmed', ['confirm']],
  ['cancelled', ['cancel']],
])('an order that is %s was not sent and cannot be corrected', async (from, moves) => {
  const id = await givenOrderId();
  for (const move of moves) {
    await api.shopA.post(`/v1/orders/${id}/${move}`, move === 'cancel' ? { reason: 'x' } : {});
  }
  expect(await correct(id, { trackingReference: newReference() })).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', from, move: 'correct' },
  });
});

test.each([
  ['no field', {}, ''],
  ['an unknown field', { carrier: 'DHL', status: 'delivered' }, 'status'],
  [
    'a reference of the system’s form',
    { trackingReference: 'LU-7K3MD-00QXA-ZT5RW-9B1CE' },
    'trackingReference',
  ],
  ['a blank reference', { trackingReference: ' ' }, 'trackingReference'],
  ['a number as carrier', { carrier: 1 }, 'carrier'],
])('a correction with %s is refused', async (_, body, path) => {
  const id = await givenShipped();
  expect(await correct(id, body)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
});

test('neither the storefront that placed an order, a stranger nor a key without the scope can correct it', async () => {
  const trackingReference = newReference();
  const id = await givenShipped({ trackingReference }, api.shopB);
  const correction = { trackingReference: newReference() };
  expect(await correct(id, correction, api.shopB)).toMatchObject({
    ...{ status: 403, body: { code: 'storefront_not_allowed', shopId: api.shopA.shopId } },
  });
  const stranger = await api.newShop();
  expect(await correct(id, correction, stranger)).toMatchObject({ status: 404 });
  const reader = await api.withScopes(api.shopA, ['orders:read']);
  expect(await correct(id, correction, reader)).toMatchObject({ status: 403 });
  const { body } = await api.shopA.get<ShownOrder>(`/v1/orders/${id}`);
  expect(body.trackingReference).toBe(trackingReference);
});

async function givenConfirmed(): Promise<string> {
  const id = await givenOrderId();
  await api.shopA.post(`/v1/orders/${id}/confirm`);
  return id;
}

const sendParcel = (id: string, trackingReference: string) =>
  api.shopA.post<{ id: string }>(`/v1/orders/${id}/parcels`, { trackingReference });
const ship = (id: string, trackingReference: string) =>
  api.shopA.post(`/v1/orders/${id}/ship`, { trackingReference });

test('a reference belongs to one order, whether the order or one of its parcels has it', async () => {
  const [own, ofParcel] = [newReference(), newReference()];
  const shipped = await givenShipped({ trackingReference: own });
  const [inParcel, secondOrder] = [await givenConfirmed(), await givenConfirmed()];
  const taken = {
    status: 409,
    body: { code: 'tracking_reference_taken', errors: [{ path: 'trackingReference' }] },
  };
  expect(await sendParcel(secondOrder, own)).toMatchObject(taken);
  const parcel = await sendParcel(inParcel, ofParcel);
  expect(parcel.status).toBe(201);
  expect(await ship(secondOrder, ofParcel)).toMatchObject(taken);
  expect(await correct(shipped, { trackingReference: ofParcel })).toMatchObject(taken);
  const path = `/v1/orders/${inParcel}/parcels/${parcel.body.id}`;
  expect(await api.shopA.send('PATCH', path, { trackingReference: own })).toMatchObject(taken);
  const { body: unchanged } = await api.shopA.get(`/v1/orders/${secondOrder}`);
  expect(unchanged).toMatchObject({ status: 'confirmed' });
  expect(unchanged).not.toHaveProperty('parcels');
  // An order may have the reference of its own parcel.
  expect((await correct(inParcel, { trackingReference: ofParcel })).status).toBe(200);
  const { body } = await api.shopA.get(`/v1/orders/${inParcel}`);
  expect(body).toMatchObject({
    trackingReference: ofParcel,
    parcels: [{ id: parcel.body.id, trackingReference: ofParcel }],
  });
});

test('if an order and a parcel of another order get the same reference concurrently, one is refused', async () => {
  for (let round = 0; round < 10; round += 1) {
    const trackingReference = newReference();
    const [firstOrder, secondOrder] = [await givenConfirmed(), await givenConfirmed()];
    const answers = await Promise.all([
      ship(firstOrder, trackingReference),
      sendParcel(secondOrder, trackingReference),
    ]);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(1);
  }
});
