import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parkCheckout } from '../../../shared/ledger/park-checkout.ts';
import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import { givenCheckout, givenVariants, toPricedLine } from '../../../shared/testing/builders.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { toJob } from '../../../shared/testing/settle-jobs.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { asOperator, callOps } from '../testing/ops-calls.ts';

const namespace = testNamespace();
const shippingAddress = { name: 'Ada Secret', line1: '1 Hidden Lane', city: 'Bath', country: 'GB' };
let api: TestApi;
let readOnlyApi: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace, { isOpsWritable: true });
  readOnlyApi = await startTestApi(namespace);
});
afterAll(() => Promise.all([api.close(), readOnlyApi.close()]));

const readHistory = (id: string) =>
  callOps(api.url, { method: 'GET', path: `/ops/checkouts/${id}` });
const replay = (id: string, target = api) =>
  callOps(target.url, { method: 'POST', path: `/ops/checkouts/${id}/replay` });

describe('the history of a checkout', () => {
  test('has its record, orders, jobs and timeline, without shipping addresses', async () => {
    const { store, ledger, queue } = api.context;
    const [shirt, lamp] = await givenVariants(store, [{ onHand: 5 }, { onHand: 5, shop: 'other' }]);
    const lines = [toPricedLine(shirt, 2), toPricedLine(lamp)];
    const idempotencyKey = 'key_test:cart-7 buyer 1';
    const { _id } = await givenCheckout(store, { lines, shippingAddress, idempotencyKey });
    await queue.enqueue([toJob(_id)]);
    await settleCheckouts(ledger, [_id]);

    const { status, text, body } = await readHistory(_id);
    expect(status).toBe(200);
    expect(text).not.toMatch(/Secret|Hidden|requestHash/);
    expect(body).toMatchObject({
      checkout: {
        id: _id,
        status: 'placed',
        storefrontId: 'shp_test',
        madeBy: 'key_test',
        idempotencyKey: 'cart-7',
      },
      orders: [
        { shopId: shirt.shopId, status: 'pending', total: 2_000, lines: [{ version: 2 }] },
        { shopId: lamp.shopId, status: 'pending', total: 1_000 },
      ],
      jobs: [{ id: `${_id}.0`, state: 'waiting', attempts: 0 }],
    });
    const steps = (body['timeline'] as { step: string }[]).map(({ step }) => step);
    expect(steps.slice(0, 2)).toEqual(['received', 'accepted']);
    expect(steps.toSorted()).toEqual(
      [
        'received',
        'accepted',
        'job_added',
        'picked_up',
        'placed',
        'order_pending',
        'order_pending',
      ].toSorted(),
    );
  });

  test('contains the reason of a rejection', async () => {
    const { store, ledger } = api.context;
    const [shirt] = await givenVariants(store, [{ onHand: 1 }]);
    const { _id } = await givenCheckout(store, { lines: [toPricedLine(shirt, 2)] });
    await settleCheckouts(ledger, [_id]);
    expect((await readHistory(_id)).body).toMatchObject({
      checkout: {
        status: 'rejected',
        rejection: { code: 'out_of_stock', requested: 2, available: 1, version: 1 },
      },
      orders: [],
      jobs: [],
      timeline: [{}, {}, {}, { step: 'rejected', reason: 'out_of_stock' }],
    });
  });

  test('has null instead of jobs while Redis is down', async () => {
    const withoutRedis = await startTestApi(namespace);
    onTestFinished(() => withoutRedis.close());
    withoutRedis.context.redis.disconnect();
    const [shirt] = await givenVariants(withoutRedis.context.store, [{ onHand: 1 }]);
    const { _id } = await givenCheckout(withoutRedis.context.store, {
      lines: [toPricedLine(shirt)],
    });
    const call = { method: 'GET', path: `/ops/checkouts/${_id}` };
    expect(await callOps(withoutRedis.url, call)).toMatchObject({
      status: 200,
      body: { checkout: { status: 'queued' }, jobs: null },
    });
  });

  test('of an unknown checkout is not found', async () => {
    const { status, body } = await readHistory('chk_unknown');
    expect([status, body['code']]).toEqual([404, 'not_found']);
  });
});

describe('a replay', () => {
  async function givenParked(): Promise<string> {
    const { store, ledger } = api.context;
    const [shirt] = await givenVariants(store, [{ onHand: 1 }]);
    const { _id } = await givenCheckout(store, { lines: [toPricedLine(shirt)] });
    await parkCheckout(ledger, _id, 'a document too large');
    return _id;
  }

  test('queues a failed checkout again, once', async () => {
    const id = await givenParked();
    expect((await readHistory(id)).body).toMatchObject({
      checkout: { status: 'failed', failure: 'a document too large' },
    });
    expect(await replay(id)).toMatchObject({ status: 202, body: { id, status: 'queued' } });
    expect(await api.context.store.searchRequests.findOne({ subjectIds: id })).not.toBeNull();
    expect(await replay(id)).toMatchObject({
      status: 409,
      body: { code: 'checkout_not_failed', checkoutStatus: 'queued' },
    });
    const [settled] = await settleCheckouts(api.context.ledger, [id]);
    expect(settled?.status).toBe('placed');
  });

  test('is refused on a read-only API, to pages of other sites, and for unknown checkouts', async () => {
    const id = await givenParked();
    expect(await replay(id, readOnlyApi)).toMatchObject({
      status: 403,
      body: { code: 'ops_read_only' },
    });
    const call = { method: 'POST', path: `/ops/checkouts/${id}/replay` };
    const foreign = { ...asOperator, origin: 'https://evil.example' };
    expect((await callOps(api.url, call, foreign)).status).toBe(403);
    expect((await readHistory(id)).body).toMatchObject({ checkout: { status: 'failed' } });
    expect(await replay('chk_unknown')).toMatchObject({ status: 404 });
  });
});
