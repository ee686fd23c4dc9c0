import { expect, test } from 'vitest';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { givenCheckout } from '../../shared/testing/builders.ts';
import { givenForSale } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

interface Level {
  readonly onHand: number;
  readonly reserved: number;
  readonly available: number;
  readonly sold: number;
}

interface Adjusted {
  readonly movement: { readonly id: string; readonly delta: Level };
  readonly level: Level;
}

interface Page {
  readonly items: readonly { readonly id: string; readonly reason: string }[];
  readonly nextCursor: string | null;
}

const api = await openTestApi();

const toAdjustmentsPath = (variantId: string) => `/v1/inventory/${variantId}/adjustments`;

/** Reserves units as a worker would. */
async function reserve(
  { productId, variantId }: { productId: string; variantId: string },
  quantity: number,
): Promise<void> {
  const { shopId } = api.shopA;
  const line = { variantId, productId, shopId, sku: 'S', title: 'T', unitPrice: 1, quantity };
  const checkout = await givenCheckout(api.context.store, { lines: [line] });
  await settleCheckouts(api.context.ledger, [checkout._id]);
}

test('a delta and a count change the units on hand, and are recorded', async () => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 0 });
  const delivery = { delta: 12, reason: ' delivery ', reference: 'note 7' };
  const first = await api.shopA.post<Adjusted>(toAdjustmentsPath(variantId), delivery);
  expect(first).toMatchObject({
    status: 201,
    body: {
      movement: {
        id: expect.stringMatching(/^mov_/),
        variantId,
        version: 1,
        kind: 'adjust',
        delta: { onHand: 12, reserved: 0, sold: 0 },
        reason: 'delivery',
        reference: 'note 7',
        actor: api.shopA.keyId,
        at: expect.stringMatching(/Z$/),
      },
      level: { variantId, onHand: 12, reserved: 0, available: 12, sold: 0 },
    },
  });
  const counted = { set: 9, reason: 'stock-taking' };
  const second = await api.shopA.post<Adjusted>(toAdjustmentsPath(variantId), counted);
  expect(second.body.movement.delta.onHand).toBe(-3);
  const level = await api.shopA.get<Level>(`/v1/inventory/${variantId}`);
  expect(level).toMatchObject({ status: 200, body: second.body.level });
  expect(level.body.onHand).toBe(9);
});

test('concurrent adjustments are all applied', async () => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 0 });
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      api.shopA.post(toAdjustmentsPath(variantId), { delta: index + 1, reason: 'delivery' }),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  const { body } = await api.shopA.get<Level>(`/v1/inventory/${variantId}`);
  expect(body.onHand).toBe(820);
});

test('an adjustment cannot remove reserved units', async () => {
  const product = await givenForSale(api.shopA, { onHand: 10 });
  const { variantId } = product;
  await reserve(product, 4);
  for (const amount of [{ delta: -7 }, { set: 3 }]) {
    const answer = await api.shopA.post(toAdjustmentsPath(variantId), {
      ...amount,
      reason: 'loss',
    });
    expect(answer).toMatchObject({
      status: 409,
      body: {
        code: 'stock_below_reserved',
        errors: [{ path: Object.keys(amount)[0] }],
        onHand: 10,
        reserved: 4,
      },
    });
  }
  const answer = await api.shopA.post<Adjusted>(toAdjustmentsPath(variantId), {
    delta: -6,
    reason: 'loss',
  });
  expect(answer.body.level).toMatchObject({ onHand: 4, reserved: 4, available: 0 });
});

test.each([
  ['neither delta nor set', { reason: 'x' }, 'delta'],
  ['both delta and set', { delta: 1, set: 1, reason: 'x' }, 'set'],
  ['a delta of 0', { delta: 0, reason: 'x' }, 'delta'],
  ['a fractional delta', { delta: 0.5, reason: 'x' }, 'delta'],
  ['a delta as text', { delta: '1', reason: 'x' }, 'delta'],
  ['a negative count', { set: -1, reason: 'x' }, 'set'],
  ['a count above the maximum', { set: 1_000_000_001, reason: 'x' }, 'set'],
  ['no reason', { delta: 1 }, 'reason'],
  ['a blank reason', { delta: 1, reason: ' ' }, 'reason'],
  ['a MongoDB operator as reason', { delta: 1, reason: { $gt: '' } }, 'reason'],
  ['a long reference', { delta: 1, reason: 'x', reference: 'y'.repeat(101) }, 'reference'],
  ['an unknown field', { delta: 1, reason: 'x', sold: 3 }, 'sold'],
  ['an empty object', {}, 'reason'],
  ['a delta above the maximum', { delta: 1_000_000_001, reason: 'x' }, 'delta'],
  ['a fractional count', { set: 1.5, reason: 'x' }, 'set'],
  ['null as count', { set: null, reason: 'x' }, 'set'],
  ['a long reason', { delta: 1, reason: 'x'.repeat(201) }, 'reason'],
  ['a blank reference', { delta: 1, reason: 'x', reference: ' ' }, 'reference'],
  ['a negative expectedOnHand', { set: 1, expectedOnHand: -1, reason: 'x' }, 'expectedOnHand'],
  ['expectedOnHand as text', { set: 1, expectedOnHand: '5', reason: 'x' }, 'expectedOnHand'],
  ['a delta with expectedOnHand', { delta: 1, expectedOnHand: 5, reason: 'x' }, 'expectedOnHand'],
])('%s is refused and changes nothing', async (_, body, path) => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 5 });
  const answer = await api.shopA.post(toAdjustmentsPath(variantId), body);
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  expect(answer.body.errors?.map((error) => error.path)).toContain(path);
  expect((await api.shopA.get<Level>(`/v1/inventory/${variantId}`)).body.onHand).toBe(5);
});

test('a delta that exceeds the maximum of units on hand is refused', async () => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
  const body = { delta: 1_000_000_000, reason: 'delivery' };
  expect(await api.shopA.post(toAdjustmentsPath(variantId), body)).toMatchObject({
    status: 422,
    body: { code: 'stock_out_of_range', errors: [{ path: 'delta' }] },
  });
});

test('movements are listed newest first, in pages', async () => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 0 });
  const reasons = ['one', 'two', 'three', 'four', 'five'];
  for (const reason of reasons) {
    await api.shopA.post(toAdjustmentsPath(variantId), { delta: 1, reason });
  }
  const path = `/v1/inventory/${variantId}/movements?limit=2`;
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { body } = await api.shopA.get<Page>(`${path}${query}`);
    seen.push(...body.items.map((item) => item.reason));
    cursor = body.nextCursor;
  }
  expect(seen).toEqual(reasons.toReversed());
});

test('a cursor of another variant’s movements is refused', async () => {
  const first = await givenForSale(api.shopA);
  const second = await givenForSale(api.shopA);
  await api.shopA.post(toAdjustmentsPath(first.variantId), { delta: 1, reason: 'delivery' });
  const { body } = await api.shopA.get<Page>(`/v1/inventory/${first.variantId}/movements?limit=1`);
  const path = `/v1/inventory/${second.variantId}/movements?cursor=${body.nextCursor}`;
  expect(await api.shopA.get(path)).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'cursor' }] },
  });
});

test('an unknown query parameter of the list of movements is refused', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const path = `/v1/inventory/${variantId}/movements?sort=at`;
  expect((await api.shopA.get(path)).status).toBe(400);
});

test.each([
  ['get', ''],
  ['get', '/movements'],
  ['post', '/adjustments'],
] as const)('another shop’s stock is not found: %s …%s', async (method, suffix) => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 5 });
  const body = method === 'post' ? { delta: 1, reason: 'mine now' } : undefined;
  const call = (id: string) => {
    const path = `/v1/inventory/${id}${suffix}`;
    return method === 'get' ? api.shopB.get(path) : api.shopB.post(path, body);
  };
  const theirs = await call(variantId);
  const missing = await call('var_unknown');
  expect(theirs).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect(missing.body.detail).toBe(theirs.body.detail);
  expect((await api.shopA.get<Level>(`/v1/inventory/${variantId}`)).body.onHand).toBe(5);
});

test.each([
  ['get', '/v1/inventory', 'inventory:read'],
  ['get', '/v1/inventory/var_1', 'inventory:read'],
  ['get', '/v1/inventory/var_1/movements', 'inventory:read'],
  ['post', '/v1/inventory/var_1/adjustments', 'inventory:write'],
] as const)('%s %s needs a key with %s', async (method, path, scope) => {
  const other = await api.withScopes(api.shopA, ['catalog:write']);
  expect(await other[method](path)).toMatchObject({
    status: 403,
    body: { code: 'missing_scope', scope },
  });
  expect((await api.anonymous[method](path)).status).toBe(401);
});
