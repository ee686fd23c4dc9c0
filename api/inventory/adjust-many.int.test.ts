import { expect, test } from 'vitest';
import { givenForSale } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi();
const PATH = '/v1/inventory/adjustments';

async function givenTwoVariants(onHand = 10) {
  const [first, second] = await Promise.all([
    givenForSale(api.shopA, { onHand }),
    givenForSale(api.shopA, { onHand }),
  ]);
  return [first.variantId, second.variantId] as const;
}

const readOnHand = async (variantId: string) =>
  (await api.shopA.get<{ onHand: number }>(`/v1/inventory/${variantId}`)).body.onHand;

test('all adjustments are applied in order, each with a movement and a level', async () => {
  const [firstId, secondId] = await givenTwoVariants();
  const adjustments = [
    { variantId: firstId, delta: 5 },
    { variantId: secondId, set: 3, expectedOnHand: 10, reference: 'own' },
    { variantId: firstId, delta: -1 },
  ];
  const body = { adjustments, reason: 'count', reference: 'note' };
  const answer = await api.shopA.post(PATH, body);
  expect(answer).toMatchObject({
    status: 201,
    body: {
      adjustments: [
        {
          movement: { variantId: firstId, delta: { onHand: 5 }, reference: 'note' },
          level: { onHand: 15 },
        },
        {
          movement: { variantId: secondId, reference: 'own', reason: 'count' },
          level: { onHand: 3 },
        },
        { level: { onHand: 14 } },
      ],
    },
  });
  expect([await readOnHand(firstId), await readOnHand(secondId)]).toEqual([14, 3]);
});

test('no adjustment is applied if one is refused, and every refusal is reported', async () => {
  const [firstId, secondId] = await givenTwoVariants();
  const post = (adjustments: readonly object[]) =>
    api.shopA.post(PATH, { adjustments, reason: 'count' });
  expect(
    await post([
      { variantId: firstId, delta: 1 },
      { variantId: secondId, delta: -11 },
      { variantId: firstId, set: 1, expectedOnHand: 4 },
      { variantId: secondId, delta: 1_000_000_000 },
    ]),
  ).toMatchObject({
    status: 409,
    body: {
      code: 'adjustments_refused',
      errors: [
        { path: 'adjustments.1.delta', code: 'stock_below_reserved' },
        { path: 'adjustments.2.expectedOnHand', code: 'stock_changed' },
        { path: 'adjustments.3.delta', code: 'stock_out_of_range' },
      ],
    },
  });
  const foreign = await givenForSale(api.shopB, { onHand: 1 });
  expect(
    await post([
      { variantId: firstId, delta: 1 },
      { variantId: foreign.variantId, delta: 1 },
      { variantId: secondId, delta: -11 },
    ]),
  ).toMatchObject({
    status: 409,
    body: {
      code: 'adjustments_refused',
      errors: [
        { path: 'adjustments.1.variantId', code: 'unknown_variant' },
        { path: 'adjustments.2.delta', code: 'stock_below_reserved' },
      ],
    },
  });
  expect(await post([{ variantId: foreign.variantId, delta: 1 }])).toMatchObject({
    status: 409,
    body: { errors: [{ path: 'adjustments.0.variantId', code: 'unknown_variant' }] },
  });
  expect([await readOnHand(firstId), await readOnHand(secondId)]).toEqual([10, 10]);
});

test('concurrent requests with one Idempotency-Key apply the adjustments once, and a different request with the key is refused', async () => {
  const [firstId, secondId] = await givenTwoVariants();
  const body = {
    adjustments: [
      { variantId: firstId, delta: 1 },
      { variantId: secondId, delta: 2 },
    ],
    reason: 'delivery',
  };
  const key = { 'idempotency-key': `many-${firstId}` };
  const answers = await Promise.all(
    [1, 2, 3].map(() =>
      api.shopA.post<{ adjustments: { movement: { id: string } }[] }>(PATH, body, key),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  const [first, ...others] = answers;
  for (const other of others) expect(other.body).toEqual(first?.body);
  expect([await readOnHand(firstId), await readOnHand(secondId)]).toEqual([11, 12]);
  const movementId = first?.body.adjustments[0]?.movement.id;
  expect(await api.shopA.post(PATH, { ...body, reason: 'other' }, key)).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reused', movementId, errors: [{ path: 'Idempotency-Key' }] },
  });
  expect([await readOnHand(firstId), await readOnHand(secondId)]).toEqual([11, 12]);
});

test('one request may contain up to 1,000 adjustments', async () => {
  const [firstId] = await givenTwoVariants();
  const toBody = (count: number) => ({
    adjustments: Array.from({ length: count }, () => ({ variantId: firstId, delta: 1 })),
    reason: 'delivery',
  });
  expect((await api.shopA.post(PATH, toBody(1_000))).status).toBe(201);
  expect(await readOnHand(firstId)).toBe(1_010);
  expect(await api.shopA.post(PATH, toBody(1_001))).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'adjustments' }] },
  });
});

test.each([
  [{ adjustments: [], reason: 'x' }, 'adjustments'],
  [{ adjustments: [{ variantId: 'v', delta: 0 }], reason: 'x' }, 'adjustments.0.delta'],
  [{ adjustments: [{ variantId: 'v', set: -1 }], reason: 'x' }, 'adjustments.0.set'],
  [{ adjustments: [{ variantId: 'v', delta: 1 }] }, 'reason'],
  [{ adjustments: [{ variantId: 'v', delta: 1, set: 1 }], reason: 'x' }, 'adjustments.0.'],
])('%j is refused', async (body, path) => {
  const answer = await api.shopA.post<{ errors: { path: string }[] }>(PATH, body);
  expect([answer.status, answer.body.errors[0]?.path]).toEqual([
    400,
    expect.stringContaining(path),
  ]);
});
