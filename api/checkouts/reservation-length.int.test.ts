import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { newKey } from '../http/testing/problem-scenarios.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const namespace = testNamespace();
let api: TestApi;
let production: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace);
  production = await startTestApi(namespace, { mayChooseReservation: false });
});
afterAll(() => Promise.all([api.close(), production.close()]));

/** The body of a checkout of a new product. */
async function givenRequest(at: TestApi, more: object) {
  const { variantId } = await givenForSale(at.shopA);
  return { buyerId: 'b', lines: [{ variantId, quantity: 1 }], ...more };
}

/** Places a checkout and returns how long its order holds its units, in milliseconds. */
async function readReservationMs(more: object): Promise<number> {
  const body = await givenRequest(api, more);
  const { body: accepted } = await api.shopA.post<{ id: string }>('/v1/checkouts', body, newKey());
  await settleCheckouts(api.context.ledger, [accepted.id]);
  const order = await api.context.store.orders.findOne({ checkoutId: accepted.id });
  return Number(order?.reservedUntil) - Number(order?.placedAt);
}

test('outside production a checkout can have its own reservation length', async () => {
  expect(await readReservationMs({ reservationSeconds: 2 })).toBe(2_000);
  expect(await readReservationMs({})).toBe(api.context.config.reservationTtlMs);
});

test.each(['/v1/checkouts', '/v1/checkouts/review'])(
  'in production %s refuses reservationSeconds, and stores nothing',
  async (path) => {
    const body = await givenRequest(production, { reservationSeconds: 2 });
    const count = () => api.context.store.checkouts.countDocuments({});
    const before = await count();
    const refused = await production.shopA.post(path, body, newKey());
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 'outside_production_only', errors: [{ path: 'reservationSeconds' }] },
    });
    expect(await count()).toBe(before);
  },
);

test.each([0, 1.5, 3_601, '2'])('a length of %j seconds is refused', async (reservationSeconds) => {
  const body = await givenRequest(api, { reservationSeconds });
  expect(await api.shopA.post('/v1/checkouts', body, newKey())).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ path: 'reservationSeconds' }] },
  });
});
