import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const CALLERS = 20;

const namespace = testNamespace();
const clock = manualClock();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace, { clock });
});
afterAll(() => api.close());

function post(key: string, variantId: string, quantity = 1) {
  const body = { buyerId: 'b', lines: [{ variantId, quantity }] };
  return api.shopB.post('/v1/checkouts', body, { 'idempotency-key': key });
}

test('a key belongs to its request for 24 hours, to the millisecond', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const first = await post('kept', variantId);
  clock.advance(DAY_MS);
  expect(await post('kept', variantId)).toMatchObject({ status: 202, body: { id: first.body.id } });
  expect((await post('kept', variantId, 2)).body.code).toBe('idempotency_key_reused');
  clock.advance(1);
  const next = await post('kept', variantId, 2);
  expect(next.status).toBe(202);
  expect(next.body.id).not.toBe(first.body.id);
});

test(`one of ${CALLERS} concurrent requests with an expired key stores a checkout, and all get it`, async () => {
  const { variantId } = await givenForSale(api.shopA);
  const first = await post('contended', variantId);
  clock.advance(DAY_MS + 1);
  const answers = await Promise.all(
    Array.from({ length: CALLERS }, () => post('contended', variantId, 2)),
  );
  expect(answers.map((answer) => answer.status)).toEqual(Array(CALLERS).fill(202));
  const ids = new Set(answers.map((answer) => answer.body.id));
  expect(ids.size).toBe(1);
  expect(ids).not.toContain(first.body.id);
  const ofVariant = { 'lines.variantId': variantId };
  expect(await api.context.store.checkouts.countDocuments(ofVariant)).toBe(2);
});

test('a late release does not release a key that another request has taken meanwhile', async () => {
  const { variantId } = await givenForSale(api.shopA);
  await post('raced', variantId);
  clock.advance(DAY_MS + 1);
  const checkouts = api.context.store.checkouts;
  const rivals: unknown[] = [];
  const update = vi.spyOn(checkouts, 'updateOne');
  update.mockImplementationOnce(async (...call) => {
    rivals.push((await post('raced', variantId, 2)).body.id);
    return checkouts.updateOne(...call);
  });
  onTestFinished(() => update.mockRestore());
  const { status, body } = await post('raced', variantId, 2);
  expect([status, [body.id]]).toEqual([202, rivals]);
});

test('a checkout whose expired key was taken by another request can still be read', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const first = await post('old', variantId);
  clock.advance(DAY_MS + 1);
  await post('old', variantId);
  const seen = await api.shopB.get(`/v1/checkouts/${first.body.id}`);
  expect(seen).toMatchObject({ status: 200, body: { id: first.body.id, status: 'queued' } });
});

test('an expired key of an entry in a draw is released too: its repeat gets already_entered', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const [opensAt, closesAt] = [0, 3 * DAY_MS].map((ms) =>
    new Date(clock.now().getTime() + ms).toISOString(),
  );
  const terms = { variantId, quantity: 1, opensAt, closesAt };
  const { body: draw } = await api.shopA.post<{ id: string }>('/v1/draws', terms);
  const body = { buyerId: 'b', lines: [{ variantId, quantity: 1 }], drawId: draw.id };
  const enter = () => api.shopA.post('/v1/checkouts', body, { 'idempotency-key': 'entry' });
  const first = await enter();
  expect(first.status).toBe(202);
  clock.advance(DAY_MS + 1);
  expect(await enter()).toMatchObject({
    status: 409,
    body: { code: 'already_entered', checkoutId: first.body.id },
  });
});
