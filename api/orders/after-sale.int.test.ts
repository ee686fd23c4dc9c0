import { afterAll, beforeAll, expect, test } from 'vitest';
import { reconcile } from '../../shared/ledger/judging/reconcile.ts';
import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { givenDiscount, givenForSale, givenOrders } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

interface ShownOrder {
  readonly id: string;
  readonly status: string;
  readonly total: number;
  readonly amountDue?: number;
  readonly refunded?: number;
  readonly reductions?: readonly { readonly refund: number; readonly restocked: boolean }[];
  readonly parcels?: readonly { readonly id: string; readonly trackingReference: string }[];
  readonly ownReference: string;
  readonly trackingReference: string;
  readonly history: readonly { readonly status: string; readonly kind?: string }[];
}

let api: TestApi;
let references = 0;

beforeAll(async () => {
  api = await startTestApi(testNamespace());
});
afterAll(() => api.close());

/** Orders units at 10.00 each with 10 % off: three units by default. */
async function givenOrder({ quantity = 3 } = {}) {
  const { variantId } = await givenForSale(api.shopA, { price: 1_000 });
  const { code, id: discountId } = await givenDiscount(api.shopA);
  const options = { quantity, discountCodes: [code] };
  const { orderIds } = await givenOrders(api, api.shopB, [variantId], options);
  const path = `/v1/orders/${orderIds[0]}`;
  const post = (move: string, body?: object, headers?: Record<string, string>) =>
    api.shopA.post<ShownOrder & { readonly code?: string; readonly errors?: readonly object[] }>(
      `${path}/${move}`,
      body,
      headers,
    );
  const read = async () => (await api.shopA.get<ShownOrder>(path)).body;
  /** Returns the units on hand, reserved and sold. */
  const stock = async () => {
    const { body } = await api.shopA.get<Record<string, unknown>>(`/v1/inventory/${variantId}`);
    return [body['onHand'], body['reserved'], body['sold']];
  };
  const uses = async () =>
    (await api.shopA.get<{ readonly uses: number }>(`/v1/discounts/${discountId}`)).body.uses;
  const withUnits = (units: number) => ({ lines: [{ variantId, quantity: units }] });
  return { id: orderIds[0] ?? '', path, post, read, stock, uses, withUnits, variantId };
}

/** Expects that the verdict finds nothing wrong, and reconciling no differences. */
async function expectSound(): Promise<void> {
  const { ledger, store } = api.context;
  expect((await reconcile(ledger, { fix: false })).differences).toEqual([]);
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true, drift: 0 });
}

function newReference(): string {
  references += 1;
  return `AS-${references}`;
}

const eventsOf = async (id: string) =>
  (await api.context.store.outbox.find({ 'events.subjectId': id }).toArray())
    .flatMap(({ events }) => events)
    .filter(({ subjectId }) => subjectId === id)
    .sort((first, second) => first.seq - second.seq);

test('units of an order are cancelled, returned and lost one by one, and the refunds sum to the payment', async () => {
  const { id, post, read, stock, uses, withUnits } = await givenOrder();
  const cancelled = await post('cancel', { reason: 'one too many', ...withUnits(1) });
  // 3 × 10.00 less 3.00: the first unit costs 9.00.
  expect(cancelled).toMatchObject({
    status: 200,
    body: {
      ...{ status: 'pending', total: 2_700, amountDue: 1_800, refunded: 0 },
      lines: [{ quantity: 3, cancelled: 1 }],
      reductions: [{ kind: 'cancelled', amount: 900, refund: 0, restocked: true }],
    },
  });
  expect(await stock()).toEqual([10, 2, 0]);
  await post('confirm');
  await post('ship');
  expect(await stock()).toEqual([8, 0, 2]);
  expect(await post('return', { ...withUnits(1), restock: true })).toMatchObject({
    body: { status: 'shipped', refunded: 900, lines: [{ returned: 1 }] },
  });
  expect(await stock()).toEqual([9, 0, 1]);
  expect(await uses()).toBe(1);
  expect(await post('lost', { reason: 'no trace' })).toMatchObject({
    body: { status: 'returned', amountDue: 1_800, refunded: 1_800, lines: [{ lost: 1 }] },
  });
  expect(await stock()).toEqual([9, 0, 1]);
  expect(await uses()).toBe(0);
  const { history } = await read();
  expect(history.map(({ status, kind }) => kind ?? status)).toEqual([
    ...['pending', 'lines_cancelled', 'confirmed', 'shipped', 'lines_returned', 'returned'],
  ]);
  const events = await eventsOf(id);
  expect(events.map(({ type, seq }) => [seq, type])).toEqual([
    [2, 'order.lines_cancelled'],
    [3, 'order.confirmed'],
    [4, 'order.shipped'],
    [5, 'order.returned'],
    [6, 'order.lost'],
  ]);
  // The buyer paid after the cancellation, so nothing is refunded for the cancelled unit.
  expect(events.map(({ data }) => data?.['refund'])).toEqual([0, undefined, undefined, 900, 900]);
  await expectSound();
});

test('a return or loss of all units ends an order, and a repeat changes nothing', async () => {
  for (const [move, status] of [
    ['return', 'returned'],
    ['lost', 'lost'],
  ] as const) {
    const { post, stock, uses } = await givenOrder();
    await post('confirm');
    await post('ship');
    const ended = await post(move, { restock: true });
    expect(ended).toMatchObject({ status: 200, body: { status, refunded: 2_700 } });
    expect((await post(move, { restock: true })).body).toEqual(ended.body);
    expect(await stock()).toEqual([10, 0, 0]);
    expect(await uses()).toBe(0);
  }
  await expectSound();
});

test('a partial cancellation that is repeated with its Idempotency-Key happens once', async () => {
  const { post, withUnits, stock } = await givenOrder();
  const body = { reason: 'one too many', ...withUnits(1) };
  const headers = { 'idempotency-key': 'cancel-1' };
  const answers = await Promise.all([1, 2, 3].map(() => post('cancel', body, headers)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await stock()).toEqual([10, 2, 0]);
  expect(await post('cancel', { ...body, ...withUnits(2) }, headers)).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reused', errors: [{ path: 'Idempotency-Key' }] },
  });
});

test('a return of units that were not sent, too many units and a variant that the order lacks are refused', async () => {
  const { post, withUnits, stock, read } = await givenOrder();
  await post('confirm');
  const before = [await stock(), await read()];
  const unsent = { code: 'invalid_transition', from: 'confirmed', move: 'return' };
  for (const lines of [withUnits(1), {}]) {
    expect(await post('return', lines)).toMatchObject({
      status: 409,
      body: { ...unsent, errors: [{ path: 'lines' }] },
    });
  }
  const tooMany = { status: 409, body: { code: 'quantity_exceeded' } };
  expect(await post('cancel', { reason: 'x', ...withUnits(4) })).toMatchObject({
    ...tooMany,
    body: { errors: [{ path: 'lines.0.quantity' }] },
  });
  const parcel = { trackingReference: newReference() };
  expect(await post('parcels', { ...parcel, ...withUnits(4) })).toMatchObject({
    ...tooMany,
    body: { errors: [{ path: 'lines.0.quantity' }] },
  });
  const unknown = { lines: [{ variantId: 'var_none', quantity: 1 }] };
  expect(await post('parcels', { ...parcel, ...unknown })).toMatchObject({
    status: 422,
    body: { code: 'unknown_variant', errors: [{ path: 'lines.0.variantId' }] },
  });
  expect([await stock(), await read()]).toEqual(before);
});

test('parcels are sent and corrected, and the last parcel ships the order', async () => {
  const { id, path, post, withUnits, read } = await givenOrder();
  await post('confirm');
  const { ownReference } = await read();
  const first = { trackingReference: newReference(), carrier: 'DHL', ...withUnits(1) };
  const sent = await post('parcels', first);
  expect(sent).toMatchObject({ status: 201, body: first });
  expect((await post('parcels', first)).body).toEqual(sent.body);
  expect((await read()).status).toBe('confirmed');
  expect((await post('cancel', { reason: 'x' })).status).toBe(409);
  expect((await post('cancel', { reason: 'x', ...withUnits(1) })).status).toBe(200);
  const second = newReference();
  expect((await post('parcels', { trackingReference: second })).body).toMatchObject(withUnits(1));
  const patch = (body: object) => api.shopA.send('PATCH', `${path}/parcels/${sent.body.id}`, body);
  expect(await patch({ trackingReference: second })).toMatchObject({
    status: 409,
    body: { code: 'tracking_reference_taken', errors: [{ path: 'trackingReference' }] },
  });
  const corrected = newReference();
  expect(await patch({ trackingReference: corrected, carrier: null })).toMatchObject({
    status: 200,
  });
  const order = await read();
  expect(order).toMatchObject({
    ...{ status: 'shipped', trackingReference: ownReference, ownReference },
    parcels: [
      { trackingReference: corrected, lines: withUnits(1).lines },
      { trackingReference: second },
    ],
  });
  expect(order.parcels?.[0]).not.toHaveProperty('carrier');
  expect((await eventsOf(id)).map(({ type }) => type)).toEqual([
    ...['order.confirmed', 'order.parcel_added', 'order.lines_cancelled'],
    ...['order.parcel_added', 'order.shipped', 'order.parcel_corrected'],
  ]);
  const other = await givenOrder();
  await other.post('confirm');
  expect(await other.post('parcels', { trackingReference: corrected })).toMatchObject({
    status: 409,
    body: { code: 'tracking_reference_taken' },
  });
  await expectSound();
});
