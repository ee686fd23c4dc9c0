import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { type GivenProduct, givenDiscount, givenForSale } from '../../testing/requests.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const ON_HAND = 100;

const namespace = testNamespace();
let api: TestApi;
let shirt: GivenProduct;
let keys = 0;

beforeAll(async () => {
  api = await startTestApi(namespace);
  shirt = await givenForSale(api.shopA, { price: 1_000, onHand: ON_HAND });
});
afterAll(() => api.close());

interface Review {
  readonly total: number;
  readonly problems: readonly { readonly code: string }[];
}

const order = (changes: object, quantity = 1) => ({
  buyerId: 'ana',
  lines: [{ variantId: shirt.variantId, quantity }],
  ...changes,
});

async function review(body: object) {
  return (await api.shopA.post<Review>('/v1/checkouts/review', body)).body;
}

async function place(body: object) {
  keys += 1;
  const headers = { 'idempotency-key': `problem-${keys}` };
  const posted = await api.shopA.post<{ id: string }>('/v1/checkouts', body, headers);
  const [settled] = await settleCheckouts(api.context.ledger, [posted.body.id]);
  return { settled };
}

test('each code that does not apply is a problem', async () => {
  const discountCodes = ['NOPE-1', 'NOPE-2'];
  const { problems } = await review(order({ discountCodes }));
  const reason = 'unknown_code';
  expect(problems).toEqual(
    discountCodes.map((discountCode) => ({
      ...{ code: 'discount_not_applicable', discountCode, reason },
    })),
  );
});

test.each<[string, number, readonly string[]]>([
  ['without the discount', 1_000, ['price_changed', 'discount_exhausted']],
  ['with the discount', 500, ['discount_exhausted']],
])(
  'an expectedTotal %s is compared with the total at settlement, which includes exhausted codes',
  async (_, expectedTotal, problems) => {
    const { code } = await givenDiscount(api.shopA, { value: 50, usageLimit: 1 });
    await place(order({ discountCodes: [code] }));
    const body = order({ discountCodes: [code], expectedTotal });
    const reviewed = await review(body);
    expect(reviewed.total).toBe(1_000);
    expect(reviewed.problems.map((problem) => problem.code)).toEqual(problems);
    expect((await place(body)).settled).toMatchObject({ rejection: { code: problems[0] } });
  },
);

test('a checkout is rejected for the first of its problems: stock before uses', async () => {
  const { code } = await givenDiscount(api.shopA, { usageLimit: 1 });
  await place(order({ discountCodes: [code] }));
  const body = order({ discountCodes: [code] }, ON_HAND + 1);
  const codes = (await review(body)).problems.map((problem) => problem.code);
  expect(codes).toEqual(['out_of_stock', 'discount_exhausted']);
  expect((await place(body)).settled).toMatchObject({ rejection: { code: 'out_of_stock' } });
});
