import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { givenDiscount, givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const namespace = testNamespace();
const clock = manualClock();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace, { clock });
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => api.close());

const toPath = ({ id }: { readonly id: string }) => `/v1/discounts/${id}`;

/** Sets the uses of a discount, as if this many orders used it. */
async function setUses(id: string, uses: number): Promise<void> {
  const filter = { _id: id };
  await api.context.store.discounts.updateOne(filter, {
    $set: { uses },
    $inc: { version: 1 },
  });
}

test('a change sets the fields that it contains, and null removes a limit', async () => {
  const discount = await givenDiscount(api.shopA, { usageLimit: 5, minimumSubtotal: 100 });
  const changes = { value: 12.5, usageLimit: null, maximumDiscount: 300, combinable: true };
  const changed = await api.shopA.send('PATCH', toPath(discount), changes);
  const { usageLimit: _, remaining: __, ...kept } = { usageLimit: 5, ...discount };
  expect(changed.body).toEqual({
    ...kept,
    ...{ value: 12.5, maximumDiscount: 300, combinable: true },
    updatedAt: expect.any(String),
  });
  expect((await api.shopA.get(toPath(discount))).body).toEqual(changed.body);
});

test('a change is refused if the changed discount would be inconsistent', async () => {
  const discount = await givenDiscount(api.shopA, { kind: 'fixed', value: 500, usageLimit: 3 });
  const refused: [object, string][] = [
    [{ kind: 'percentage' }, 'value'],
    [{ endsAt: '2019-12-31T00:00:00Z' }, 'endsAt'],
    [{ startsAt: '2100-01-01T00:00:00Z' }, 'endsAt'],
    [{ usageLimitPerBuyer: 4 }, 'usageLimitPerBuyer'],
  ];
  for (const [changes, path] of refused) {
    expect(await api.shopA.send('PATCH', toPath(discount), changes)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path }] },
    });
  }
  expect((await api.shopA.get(toPath(discount))).body).toEqual(discount);
  const consistent = { kind: 'percentage', value: 50, usageLimit: 4, usageLimitPerBuyer: 4 };
  expect((await api.shopA.send('PATCH', toPath(discount), consistent)).status).toBe(200);
});

test('the product list of a discount can be written back as it was read, even if a product in it was deleted', async () => {
  const [kept, gone, other] = await Promise.all(
    Array.from({ length: 3 }, () => givenForSale(api.shopA, { onHand: 0 })),
  );
  const productIds = [kept?.productId, gone?.productId];
  const discount = await givenDiscount(api.shopA, { appliesTo: { productIds } });
  for (const product of [gone, other])
    await api.shopA.send('DELETE', `/v1/products/${product?.productId}`);
  const { body: read } = await api.shopA.get<{ appliesTo: object }>(toPath(discount));
  const patch = (changes: object) => api.shopA.send('PATCH', toPath(discount), changes);
  expect(await patch({ appliesTo: read.appliesTo, value: 20 })).toMatchObject({
    status: 200,
    body: { value: 20, appliesTo: { productIds } },
  });
  expect(
    await patch({ appliesTo: { productIds: [...productIds, other?.productId] } }),
  ).toMatchObject({
    status: 422,
    body: { code: 'unknown_product', errors: [{ path: 'appliesTo.productIds.2' }] },
  });
  // Once the deleted product is removed from the list, it counts as unknown.
  expect((await patch({ appliesTo: { productIds: [kept?.productId] } })).status).toBe(200);
  expect((await patch({ appliesTo: { productIds } })).status).toBe(422);
});

test('a change of a missing discount returns 404, even if the change names an unknown product', async () => {
  const appliesTo = { productIds: ['prd_unknown'] };
  expect(await api.shopA.send('PATCH', '/v1/discounts/dsc_no', { appliesTo })).toMatchObject({
    status: 404,
    body: { code: 'not_found' },
  });
});

test('a change with If-Match applies only to the revision that it names', async () => {
  const discount = await givenDiscount(api.shopA);
  const etag = (await api.shopA.get(toPath(discount))).headers.get('etag') ?? '';
  const patch = (value: number, ifMatch: string) =>
    api.shopA.send('PATCH', toPath(discount), { value }, { 'if-match': ifMatch });
  const first = await patch(20, etag);
  expect(first.status).toBe(200);
  expect(first.headers.get('etag')).not.toBe(etag);
  expect(await patch(30, etag)).toMatchObject({
    status: 412,
    body: { code: 'precondition_failed' },
  });
  expect((await patch(30, first.headers.get('etag') ?? '')).status).toBe(200);
  expect((await api.shopA.send('PATCH', toPath(discount), { value: 40 })).status).toBe(200);
});

test('a cancellation with If-Match cancels only the revision that it names, and a repeat succeeds', async () => {
  const discount = await givenDiscount(api.shopA);
  const outdated = (await api.shopA.get(toPath(discount))).headers.get('etag') ?? '';
  const changed = await api.shopA.send('PATCH', toPath(discount), { value: 20 });
  const current = changed.headers.get('etag') ?? '';
  const cancel = (ifMatch: string) =>
    api.shopA.send('DELETE', toPath(discount), undefined, { 'if-match': ifMatch });
  expect(await cancel(outdated)).toMatchObject({
    status: 412,
    body: { code: 'precondition_failed' },
  });
  expect(await cancel('r2')).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'If-Match' }] },
  });
  expect((await api.shopA.get(toPath(discount))).body).toMatchObject({
    value: 20,
    status: 'active',
  });
  for (const tag of [current, current, outdated]) expect((await cancel(tag)).status).toBe(204);
  expect((await api.shopA.get(toPath(discount))).body).toMatchObject({ status: 'cancelled' });
});

test('a use does not change the ETag of a discount, and lowers its remaining uses', async () => {
  const discount = await givenDiscount(api.shopA, { usageLimit: 3 });
  const before = await api.shopA.get(toPath(discount));
  await setUses(discount.id, 2);
  const after = await api.shopA.get(toPath(discount));
  expect(after.body).toMatchObject({ uses: 2, remaining: 1 });
  expect(after.headers.get('etag')).toBe(before.headers.get('etag'));
});

test('a limit below the uses is refused; a limit equal to the uses is accepted', async () => {
  const discount = await givenDiscount(api.shopA, { usageLimit: 10 });
  await setUses(discount.id, 4);
  expect(await api.shopA.send('PATCH', toPath(discount), { usageLimit: 3 })).toMatchObject({
    status: 409,
    body: { code: 'usage_limit_below_uses', uses: 4, errors: [{ path: 'usageLimit' }] },
  });
  expect(await api.shopA.send('PATCH', toPath(discount), { usageLimit: 4 })).toMatchObject({
    status: 200,
    body: { usageLimit: 4, uses: 4, remaining: 0 },
  });
});

test('changes of limits and cancellations increment the version; changes of terms do not', async () => {
  const discount = await givenDiscount(api.shopA);
  const readCounts = async () => {
    const filter = { _id: discount.id };
    const record = await api.context.store.discounts.findOne(filter);
    return [record?.['version'], record?.['revision']];
  };
  const patch = (changes: object) => api.shopA.send('PATCH', toPath(discount), changes);
  await patch({ value: 20 });
  expect(await readCounts()).toEqual([0, 1]);
  await patch({ usageLimit: 5 });
  expect(await readCounts()).toEqual([1, 2]);
  await patch({ usageLimitPerBuyer: 1, value: 30 });
  expect(await readCounts()).toEqual([2, 3]);
  await patch({ usageLimit: 5, value: 30 });
  expect(await readCounts()).toEqual([2, 3]);
  for (let times = 0; times < 2; times += 1) await api.shopA.send('DELETE', toPath(discount));
  expect(await readCounts()).toEqual([3, 4]);
});

test('20 concurrent changes are all applied while the discount is being used', async () => {
  const discount = await givenDiscount(api.shopA, { usageLimit: 1_000 });
  const patches = Array.from({ length: 20 }, (_, n) =>
    api.shopA.send('PATCH', toPath(discount), { usageLimit: 500 + n }),
  );
  const using = Array.from({ length: 20 }, (_, n) => setUses(discount.id, n));
  const answers = await Promise.all([...patches, Promise.all(using)]);
  const statuses = answers.flatMap((answer) => ('status' in answer ? answer.status : []));
  expect(new Set(statuses)).toEqual(new Set([200]));
  const filter = { _id: discount.id };
  const record = await api.context.store.discounts.findOne(filter);
  expect(record).toMatchObject({ version: 40, revision: 20 });
});

/** Runs `action` after the next change has read the discount and before it writes. */
function beforeNextWrite(action: () => Promise<unknown>) {
  const collection = api.context.store.discounts;
  const write = collection.findOneAndUpdate.bind(collection);
  return vi
    .spyOn(collection, 'findOneAndUpdate')
    .mockImplementationOnce(async (...args: Parameters<typeof write>) => {
      await action();
      return write(...args);
    });
}

test('a change of a limit takes a use into account that comes between its read and its write', async () => {
  const discount = await givenDiscount(api.shopA, { usageLimit: 10 });
  await setUses(discount.id, 4);
  beforeNextWrite(() => setUses(discount.id, 6));
  expect(await api.shopA.send('PATCH', toPath(discount), { usageLimit: 5 })).toMatchObject({
    status: 409,
    body: { code: 'usage_limit_below_uses', uses: 6 },
  });
});

test('a change that is written during another change is kept: the other is made on top of it, or refused if it has If-Match', async () => {
  const discount = await givenDiscount(api.shopA, { value: 10 });
  const etag = (await api.shopA.get(toPath(discount))).headers.get('etag') ?? '';
  const otherChange = () => api.shopA.send('PATCH', toPath(discount), { maximumDiscount: 100 });
  beforeNextWrite(otherChange);
  const changes = { value: 20 };
  expect(
    await api.shopA.send('PATCH', toPath(discount), changes, { 'if-match': etag }),
  ).toMatchObject({ status: 412 });
  beforeNextWrite(() => api.shopA.send('PATCH', toPath(discount), { minimumSubtotal: 5 }));
  expect(await api.shopA.send('PATCH', toPath(discount), changes)).toMatchObject({
    status: 200,
    body: { value: 20, maximumDiscount: 100, minimumSubtotal: 5 },
  });
});

test('a cancellation gives up after 50 conflicts', async () => {
  const discount = await givenDiscount(api.shopA, { usageLimit: 10 });
  const write = vi.spyOn(api.context.store.discounts, 'findOneAndUpdate');
  write.mockResolvedValue(null);
  expect(await api.shopA.send('DELETE', toPath(discount))).toMatchObject({
    status: 503,
    body: { code: 'service_unavailable' },
  });
  expect(write).toHaveBeenCalledTimes(50);
});

test('a cancelled discount can be read, but not changed; a second cancellation has no effect', async () => {
  const discount = await givenDiscount(api.shopA);
  await api.shopA.send('DELETE', toPath(discount));
  const { body } = await api.shopA.get(toPath(discount));
  expect(body).toMatchObject({ status: 'cancelled', cancelledAt: clock.now().toISOString() });
  clock.advance(1_000);
  expect((await api.shopA.send('DELETE', toPath(discount))).status).toBe(204);
  expect((await api.shopA.get(toPath(discount))).body).toEqual(body);
  expect(await api.shopA.send('PATCH', toPath(discount), { value: 5 })).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition' },
  });
});
