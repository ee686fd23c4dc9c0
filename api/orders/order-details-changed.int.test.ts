import { expect, test } from 'vitest';
import type { ApiClient } from '../../shared/testing/api-client.ts';
import { givenForSale, givenOrders } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi();

interface Shown {
  readonly status: string;
  readonly contact?: object;
  readonly shippingAddress?: object;
  readonly metadata?: object;
  readonly history: readonly { readonly kind?: string; readonly fields?: readonly string[] }[];
}

const shippingAddress = { name: 'Ada Secret', line1: '1 Hidden Lane', city: 'Bath', country: 'GB' };
const contact = { email: 'secret@example.org' };

/** An order that shop A sells and the storefront of shop B has placed. */
async function givenOrder() {
  const { variantId } = await givenForSale(api.shopA);
  const { orderIds } = await givenOrders(api, api.shopB, [variantId]);
  const [id = ''] = orderIds;
  const path = `/v1/orders/${id}`;
  const patch = (body: object, by: ApiClient = api.shopA) => by.send<Shown>('PATCH', path, body);
  const move = (name: string) => api.shopA.post(`${path}/${name}`);
  const read = async (by: ApiClient = api.shopA) => (await by.get<Shown>(path)).body;
  return { id, patch, move, read };
}

test('seller and storefront change address, contact and note until the order is shipped', async () => {
  const { patch, move, read } = await givenOrder();
  expect(await patch({ shippingAddress, note: 'Ring twice' }, api.shopB)).toMatchObject({
    status: 200,
    body: { shippingAddress, note: 'Ring twice' },
  });
  await move('confirm');
  const changed = await patch({ contact, note: null });
  expect(changed.body).toMatchObject({ status: 'confirmed', shippingAddress, contact });
  expect(changed.body).not.toHaveProperty('note');
  expect(
    changed.body.history.flatMap(({ kind, fields }) => (fields ? [[kind, fields]] : [])),
  ).toEqual([
    ['details_changed', ['shippingAddress', 'note']],
    ['details_changed', ['contact', 'note']],
  ]);
  const repeated = await patch({ contact: { ...contact } });
  expect(repeated.body.history).toHaveLength(changed.body.history.length);
  await move('ship');
  expect(await patch({ contact: null })).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', from: 'shipped', move: 'change' },
  });
  expect(await read(api.shopB)).toMatchObject({ shippingAddress, contact });
});

test('moves of the order keep the changes', async () => {
  const { patch, move, read } = await givenOrder();
  const changes = { shippingAddress, contact, note: 'Hello', metadata: { a: '1' } };
  await patch(changes);
  for (const name of ['confirm', 'ship', 'deliver']) await move(name);
  expect(await read()).toMatchObject({ status: 'delivered', ...changes });
});

test('the selling shop changes metadata key by key at any time; the storefront neither changes nor sees them', async () => {
  const { patch, move, read } = await givenOrder();
  await patch({ metadata: { invoice: 'R-1', old: 'x' } });
  for (const name of ['confirm', 'ship', 'deliver']) await move(name);
  const changed = await patch({ metadata: { old: null, paid: 'yes' } });
  expect(changed.body.metadata).toEqual({ invoice: 'R-1', paid: 'yes' });
  expect(await read(api.shopB)).not.toHaveProperty('metadata');
  const refused = await patch({ metadata: { a: 'b' } }, api.shopB);
  expect(refused).toMatchObject({ status: 403, body: { code: 'storefront_not_allowed' } });
  const full = Object.fromEntries(Array.from({ length: 49 }, (_, n) => [`k${n}`, 'v']));
  expect(await patch({ metadata: full })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'metadata' }] },
  });
});

test('event and audit entry name the changed fields, and contain no values', async () => {
  const { id, patch } = await givenOrder();
  await patch({ shippingAddress, contact });
  const { store } = api.context;
  const entry = await store.outbox.findOne({ 'events.type': 'order.details_changed' });
  const audit = await store.audit.findOne({ action: 'order.details_changed', target: id });
  const fields = ['shippingAddress', 'contact'];
  expect(audit).toMatchObject({ shopId: api.shopA.shopId, detail: { fields } });
  const text = JSON.stringify([entry, audit]);
  expect(text).toContain('"fields":["shippingAddress","contact"]');
  expect(text).not.toMatch(/secret|hidden/i);
});

test.each([
  [{}, ''],
  [{ contact: {} }, 'contact'],
  [{ shippingAddress: { name: 'A' } }, 'shippingAddress.line1'],
  [{ note: '' }, 'note'],
  [{ metadata: { 'a.b': 'x' } }, 'metadata.a.b'],
  [{ carrier: 'Post', note: 'x' }, ''],
  [{ charges: [] }, 'charges'],
])('the change %j is refused', async (body, path) => {
  const { patch } = await givenOrder();
  const answer = await patch(body);
  expect(answer.status).toBe(400);
  const { errors } = answer.body as unknown as { errors: { path: string }[] };
  expect(errors.map((error) => error.path)).toContain(path);
});
