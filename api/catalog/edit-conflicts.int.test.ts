import { expect, test } from 'vitest';
import { reconcile } from '../../shared/ledger/judging/reconcile.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { givenForSale, variantRequest } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';
import { createEditor, type Edited } from './testing/edit-products.ts';

const api = await openTestApi();

const { edit, givenProduct } = createEditor(() => api.shopA);

test('publishing and unpublishing change the ETag; repeating them does not', async () => {
  const { id } = await givenProduct();
  const tags: (string | null)[] = [];
  for (const verb of ['publish', 'publish', 'unpublish', 'unpublish']) {
    tags.push((await api.shopA.post(`/v1/products/${id}/${verb}`)).headers.get('etag'));
  }
  expect(tags).toEqual(['"r2"', '"r2"', '"r3"', '"r3"']);
});

test('a variant to which stock is added concurrently is removed before the addition, or not at all', async () => {
  for (let round = 0; round < promiseRuns(15, 6); round += 1) {
    const { productId, variantId } = await givenForSale(api.shopA, { onHand: 0 });
    const delivery = { delta: 5, reason: 'delivery' };
    const [removal, adjustment] = await Promise.all([
      edit(productId, { variants: [variantRequest()] }),
      api.shopA.post(`/v1/inventory/${variantId}/adjustments`, delivery),
    ]);
    expect(adjustment.status).toBe(201);
    const { body } = await api.shopA.get<{ items: { reason: string }[] }>(
      `/v1/inventory/${variantId}/movements`,
    );
    const reasons = body.items.map(({ reason }) => reason).reverse();
    const removed = 'removed from its product';
    expect([removal.status, reasons]).toEqual(
      removal.status === 200 ? [200, [removed, 'delivery']] : [409, ['delivery']],
    );
  }
  const { differences } = await reconcile(api.context.ledger, { fix: false });
  expect(differences).toEqual([]);
});

test('an outdated If-Match is refused with 412, a malformed one with 400, and a weak one matches', async () => {
  const { id } = await givenProduct();
  await edit(id, { title: 'Second' });
  for (const [tag, status, code] of [
    ['"r1"', 412, 'precondition_failed'],
    ['"r1", "r3"', 412, 'precondition_failed'],
    ['r2', 400, 'invalid_request'],
    ['"r2', 400, 'invalid_request'],
  ] as const) {
    const refused = await edit(id, { title: 'Third' }, { 'if-match': tag });
    expect([tag, refused.status, refused.body]).toMatchObject([tag, status, { code }]);
  }
  for (const [tag, etag] of [
    ['W/"r2"', '"r3"'],
    ['*', '"r4"'],
    ['"r1", "r4"', '"r5"'],
  ] as const) {
    const { status, headers } = await edit(id, { title: `By ${tag}` }, { 'if-match': tag });
    expect([tag, status, headers.get('etag')]).toEqual([tag, 200, etag]);
  }
});

test('exactly one of 20 concurrent edits with the same If-Match is applied', async () => {
  for (let round = 0; round < promiseRuns(5, 2); round += 1) {
    const { id } = await givenProduct();
    const tag = (await api.shopA.get(`/v1/products/${id}`)).headers.get('etag') ?? '';
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        edit(id, { title: `Title ${index}` }, { 'if-match': tag }),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 412)]);
    const applied = answers.findIndex(({ status }) => status === 200);
    const { body, headers } = await api.shopA.get<Edited>(`/v1/products/${id}`);
    expect([body.title, headers.get('etag')]).toEqual([`Title ${applied}`, '"r2"']);
  }
});

test('concurrent edits without If-Match are all applied, and so is a concurrent publication', async () => {
  const { id } = await givenProduct();
  const answers = await Promise.all([
    ...['One', 'Two', 'Three'].map((title) => edit(id, { title })),
    edit(id, { description: 'Warm in winter.' }),
    api.shopA.post<Edited>(`/v1/products/${id}/publish`),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const { body, headers } = await api.shopA.get<Edited>(`/v1/products/${id}`);
  expect(body).toMatchObject({ status: 'published', description: 'Warm in winter.' });
  expect(['One', 'Two', 'Three']).toContain(body.title);
  expect(headers.get('etag')).toBe('"r6"');
});
