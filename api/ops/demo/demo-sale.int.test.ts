import { expect, test } from 'vitest';
import { openTestApi } from '../../testing/start-test-api.ts';
import { givenOperator } from '../testing/given-operator.ts';
import { callOps } from '../testing/ops-calls.ts';
import { DEMO_SALE_PATH, DemoSale } from './demo-sale.ts';

const page = { method: 'GET', path: '/ops' };
const start = { method: 'POST', path: DEMO_SALE_PATH };

const plan = { units: 3, buyers: 5, arriveMs: 200 };
/** No worker runs, so the checkouts of the sale stay queued. */
const api = await openTestApi({ demoSale: plan });
const production = await openTestApi({ isOpsWritable: true });

test('an admin can start a sale, even while changes are switched off, and only one at a time', async () => {
  const { store } = api.context;
  expect((await callOps(api.url, page)).text).toContain('data-action="demo"');
  const [one, same] = await Promise.all([callOps(api.url, start), callOps(api.url, start)]);
  expect([one.status, same.status, same.body]).toEqual([202, 202, one.body]);
  expect(one.body).toMatchObject({ units: 3, buyers: 5, sku: expect.stringMatching(/^DEMO-/) });
  const { variantId, productId } = one.body as { variantId: string; productId: string };
  await expect.poll(() => store.checkouts.countDocuments({ 'lines.variantId': variantId })).toBe(5);
  expect(await store.stock.findOne({ _id: variantId })).toMatchObject({ onHand: 3 });
  expect(await store.audit.findOne({ action: 'ops.demo_sale_started' })).toMatchObject({
    actor: { kind: 'operator' },
    target: productId,
  });
  // Ending the process stops the buyers, and their key ends with the sale.
  await api.context.demoSale?.stop();
  expect(await store.apiKeys.countDocuments({ name: 'demo sale' })).toBe(1);
  expect(
    await store.apiKeys.countDocuments({ revokedAt: { $exists: false }, name: 'demo sale' }),
  ).toBe(0);
});

test('if the sale cannot be opened, its key is revoked and the next call tries again', async () => {
  const { store, clock } = api.context;
  const sale = new DemoSale(plan);
  const principal = { kind: 'operator', id: 'ada', shopId: '', scopes: [], role: 'admin' } as const;
  const caller = { context: api.context, principal, requestId: 'req_1', address: '192.0.2.1' };
  const since = clock.now();
  for (let tries = 1; tries <= 2; tries += 1) {
    // Nothing listens on this port.
    await expect(sale.start(caller, 'http://127.0.0.1:1')).rejects.toThrow();
    const failed = { name: 'demo sale', createdAt: { $gte: since } };
    expect(await store.apiKeys.countDocuments(failed)).toBe(tries);
    expect(await store.apiKeys.countDocuments({ ...failed, revokedAt: { $exists: false } })).toBe(
      0,
    );
  }
});

test('a read-only operator has no button and cannot start a sale', async () => {
  const { headers } = await givenOperator(api, 'read-only');
  expect((await callOps(api.url, page, headers)).text).not.toContain('data-action');
  const { status, body } = await callOps(api.url, start, headers);
  expect([status, body['code']]).toEqual([403, 'ops_read_only']);
});

test('in production there is neither the route nor the button', async () => {
  expect((await callOps(production.url, page)).text).not.toContain('data-action="demo"');
  const { status, body } = await callOps(production.url, start);
  expect([status, body['code']]).toEqual([404, 'not_found']);
});
