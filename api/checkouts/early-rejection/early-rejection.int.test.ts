import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { takeVerdict } from '../../../shared/ledger/judging/verdict.ts';
import { moveOrders } from '../../../shared/ledger/move-orders.ts';
import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { givenCart, putLine } from '../../carts/testing/shown-cart.ts';
import { expectDocumented } from '../../testing/documented-answer.ts';
import { givenForSale, givenOrders } from '../../testing/requests.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { postCheckout } from '../post-checkout.ts';

interface Answered {
  readonly id: string;
  readonly status: string;
  readonly code?: string;
  readonly acceptedAt?: string;
  readonly rejection?: object;
}

const PATH = '/v1/checkouts';
const TRIES_MAX = 200;

/** A system without a worker: only the API can reject a checkout that a test does not settle. */
const namespace = testNamespace();
let api: TestApi;
let variantId: string;
let orderId: string;
let keys = 0;

beforeAll(async () => {
  api = await startTestApi(namespace, { isEarlyRejectionOn: true });
});
afterAll(() => api.close());
beforeEach(async () => {
  ({ variantId } = await givenForSale(api.shopA, { onHand: 2 }));
  const { orderIds } = await givenOrders(api, api.shopA, [variantId]);
  orderId = orderIds[0] ?? '';
});

const newKey = () => {
  keys += 1;
  return `early-${keys}`;
};
const body = (quantity = 1) => ({ buyerId: 'b', lines: [{ variantId, quantity }] });
const post = (sent: object, key: string, prefer?: string) =>
  api.shopA.post<Answered>(PATH, sent, {
    'idempotency-key': key,
    ...(prefer !== undefined && { prefer }),
  });

/**
 * Posts under new keys until the API rejects a checkout early, because it has read that the variant
 * is sold out.
 */
async function postUntilRejected(createBody: () => object | Promise<object> = body) {
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const key = newKey();
    const request = await createBody();
    const answer = await post(request, key);
    if (answer.body.status === 'rejected') return { key, request, ...answer };
    await settleCheckouts(api.context.ledger, [answer.body.id]);
  }
  throw new Error('the API rejected no checkout');
}

/**
 * Posts with `Prefer: wait=1` until the API rejects the checkout. The API does so only while its
 * known stock is at most 250 ms old, so other checkouts are posted just before each try. No worker
 * settles a checkout that the API does not reject.
 */
async function postAndWaitUntilRejected() {
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    await postUntilRejected();
    const answer = await post(body(), newKey(), 'wait=1');
    if (answer.body.status === 'rejected') return answer;
  }
  throw new Error('the API rejected no checkout');
}

const rejection = () => ({ code: 'out_of_stock', variantId, requested: 1, available: 0 });

describe('the answer to a checkout of a variant that is known to be sold out', () => {
  test('is the outcome, with 202 and without Retry-After', async () => {
    const answer = await postUntilRejected();
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ status: 'rejected', rejection: rejection() });
    expect(answer.headers.get('retry-after')).toBeNull();
    const { body: shown } = await api.shopA.get<Answered>(`${PATH}/${answer.body.id}`);
    expect(shown).toMatchObject({
      ...{ id: answer.body.id, status: 'rejected', rejection: rejection(), orders: [] },
      timeline: [{ step: 'received' }, { step: 'accepted' }, { step: 'rejected' }],
    });
    const stored = await api.context.store.checkouts.findOne({ _id: answer.body.id });
    expect(stored?.rejection).toMatchObject({ version: 2 });
    expect(stored?.rejection?.ageMs).toBeLessThanOrEqual(250);
    const { undersold, inversions } = await takeVerdict(api.context.store, { drained: false });
    expect({ undersold, inversions }).toEqual({ undersold: 0, inversions: 0 });
  });

  test('is the same for a repeat, and a 422 for another body with the same key', async () => {
    const { key, ...first } = await postUntilRejected();
    const again = await post(body(), key);
    expect([again.status, again.body]).toEqual([202, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.headers.get('retry-after')).toBeNull();
    expect((await post(body(2), key)).status).toBe(422);
    const waiting = await post(body(), key, 'wait=5');
    expect([waiting.status, waiting.body.status]).toEqual([200, 'rejected']);
  });

  test('is 200 with the checkout if the request prefers to wait, as documented', async () => {
    const answer = await postAndWaitUntilRejected();
    expect(answer.status).toBe(200);
    expectDocumented(postCheckout, { ...answer, body: answer.body });
    expect(answer.body).toEqual((await api.shopA.get(`${PATH}/${answer.body.id}`)).body);
  });

  test('stays the same when units come back', async () => {
    const { key, body: first } = await postUntilRejected();
    await moveOrders(api.context.ledger, [{ orderId, move: 'cancel', actor: 'test' }]);
    expect((await post(body(), key)).body).toEqual(first);
    // Known stock of an earlier version rejects no checkout.
    const next = await post(body(), newKey());
    expect(next.body.status).toBe('queued');
    const [settled] = await settleCheckouts(api.context.ledger, [next.body.id]);
    expect(settled?.status).toBe('placed');
  });
});

test('an early rejection can be followed but not withdrawn, like any checkout with an outcome', async () => {
  const { body: refused } = await postUntilRejected();
  const events = await api.shopA.get<string>(`${PATH}/${refused.id}/events`);
  expect(events.body).toMatch(/^event: checkout\ndata: .*"rejected".*\nid: 2\n/);
  const withdrawn = await api.shopA.post(`${PATH}/${refused.id}/withdraw`);
  expect(withdrawn).toMatchObject({ status: 409, body: { code: 'checkout_settled' } });
});

test('an early rejection has no job', async () => {
  const { queue } = api.context;
  const { body: refused } = await postUntilRejected();
  const ids = new Set([...(await queue.liveJobIds())]);
  expect(ids).not.toContain(`${refused.id}.0`);
  expect((await api.context.store.checkouts.findOne({ _id: refused.id }))?.jobId).toBeUndefined();
});

test('the cart of an early rejection can be changed and checked out again', async () => {
  const { variantId: other } = await givenForSale(api.shopA);
  const { request, body: refused } = await postUntilRejected(async () => {
    const path = await givenCart(api.shopA, [{ variantId, quantity: 1 }], 'b');
    return { cartId: path.slice('/v1/carts/'.length) };
  });
  const { cartId } = request as { cartId: string };
  const path = `/v1/carts/${cartId}`;
  expect((await api.shopA.get(path)).body).toMatchObject({
    ...{ checkoutId: refused.id, checkoutStatus: 'rejected', isCheckedOut: false },
  });
  expect((await putLine(api.shopA, path, variantId, 0)).status).toBe(200);
  expect((await putLine(api.shopA, path, other, 1)).status).toBe(200);
  const { status, body: again } = await post({ cartId }, newKey());
  expect([status, again.status]).toEqual([202, 'queued']);
});

test('a checkout that settlement would reject for another reason goes through the queue', async () => {
  await postUntilRejected();
  const queued = [
    await post({ ...body(), expectedTotal: 1 }, newKey()),
    await post({ ...body(), discountCodes: ['NO-SUCH-CODE'] }, newKey()),
  ];
  expect(queued.map((answer) => answer.body.status)).toEqual(['queued', 'queued']);
});

test('the metrics count an early rejection as such and as an accepted checkout', async () => {
  const count = async (name: string) => {
    const text = await api.context.ops.metrics.print();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  const early = await count('lastunit_checkouts_rejected_early_total');
  const accepted = await count('lastunit_checkouts_accepted_total');
  await postUntilRejected();
  expect(await count('lastunit_checkouts_rejected_early_total')).toBe(early + 1);
  expect(await count('lastunit_checkouts_accepted_total')).toBeGreaterThan(accepted);
});

test('while early rejection is off, every checkout of a sold-out variant goes through the queue', async () => {
  const off = await startTestApi(namespace, { isEarlyRejectionOn: false });
  try {
    const buyer = await off.withScopes(api.shopA, ['checkouts:write']);
    for (let n = 0; n < 20; n += 1) {
      const headers = { 'idempotency-key': newKey() };
      const { body: queued } = await buyer.post<Answered>(PATH, body(), headers);
      expect(queued.status).toBe('queued');
      const [settled] = await settleCheckouts(off.context.ledger, [queued.id]);
      expect(settled?.status).toBe('rejected');
    }
  } finally {
    await off.close();
  }
});
