import { expect, test } from 'vitest';
import { givenForSale, productRequest, type ShownProduct } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

interface Page {
  readonly items: readonly ShownProduct[];
  readonly nextCursor: string | null;
}

const api = await openTestApi();

async function givenDraft(shop = api.shopA): Promise<ShownProduct> {
  const { body } = await shop.post<ShownProduct>('/v1/products', productRequest());
  return body;
}

test('publishing puts a product on sale, unpublishing takes it off, and both can be repeated', async () => {
  const draft = await givenDraft();
  const listed = async () => {
    const path = `/v1/products?shopId=${api.shopA.shopId}&limit=100`;
    const { body } = await api.shopB.get<Page>(path);
    return body.items.some((item) => item.id === draft.id);
  };
  expect(await listed()).toBe(false);
  for (const step of [1, 2]) {
    const { status, body } = await api.shopA.post(`/v1/products/${draft.id}/publish`);
    expect({ step, status, body }).toMatchObject({ status: 200, body: { status: 'published' } });
  }
  expect(await listed()).toBe(true);
  const first = await api.shopA.post(`/v1/products/${draft.id}/unpublish`);
  const second = await api.shopA.post(`/v1/products/${draft.id}/unpublish`);
  expect(first).toMatchObject({ status: 200, body: { status: 'draft' } });
  expect(second.body).toEqual(first.body);
  expect(await listed()).toBe(false);
});

test('with an outdated If-Match a product is neither published nor unpublished', async () => {
  const { id } = await givenDraft();
  const move = (step: string, tag: string) =>
    api.shopA.post<ShownProduct>(`/v1/products/${id}/${step}`, undefined, { 'if-match': tag });
  const refused = { status: 412, body: { code: 'precondition_failed' } };
  expect(await move('publish', '"r99"')).toMatchObject(refused);
  expect(await api.shopA.get(`/v1/products/${id}`)).toMatchObject({ body: { status: 'draft' } });
  const published = await move('publish', '"r1"');
  expect(published).toMatchObject({ status: 200, body: { status: 'published' } });
  expect(published.headers.get('etag')).toBe('"r2"');
  expect(await move('unpublish', '"r1"')).toMatchObject(refused);
  expect(await move('unpublish', '"r2"')).toMatchObject({ status: 200, body: { status: 'draft' } });
});

test('only its own shop sees a draft, and every caller with a key sees a published product', async () => {
  const draft = await givenDraft();
  const path = `/v1/products/${draft.id}`;
  expect((await api.shopA.get(path)).body).toEqual(draft);
  expect(await api.shopB.get(path)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  await api.shopA.post(`${path}/publish`);
  expect((await api.shopB.get(path)).status).toBe(200);
  expect((await api.anonymous.get(path)).status).toBe(401);
});

test('each variant is shown with its available units', async () => {
  const { productId, variantId } = await givenForSale(api.shopA, { onHand: 7 });
  const { body } = await api.shopB.get<ShownProduct>(`/v1/products/${productId}`);
  expect(body.variants).toMatchObject([{ id: variantId, available: 7 }]);
});

test('pages list the newest products first and each product once, even if a product is added', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) ids.unshift((await givenForSale(api.shopB)).productId);
  const path = `/v1/products?shopId=${api.shopB.shopId}&limit=2`;
  const first = (await api.shopA.get<Page>(path)).body;
  await givenForSale(api.shopB);
  const seenIds = first.items.map((item) => item.id);
  for (let cursor = first.nextCursor; cursor !== null; ) {
    const { body } = await api.shopA.get<Page>(`${path}&cursor=${cursor}`);
    seenIds.push(...body.items.map((item) => item.id));
    cursor = body.nextCursor;
  }
  expect(seenIds).toEqual(ids);
});

test('lists can be filtered by status and type', async () => {
  const sofa = productRequest({ type: 'furniture', attributes: { material: 'oak' } });
  const { body } = await api.shopA.post<ShownProduct>('/v1/products', sofa);
  const listIds = async (path: string) =>
    (await api.shopA.get<Page>(path)).body.items.map((item) => item.id);
  expect(await listIds('/v1/shop/products?status=draft&limit=100')).toContain(body.id);
  expect(await listIds('/v1/shop/products?limit=100')).toContain(body.id);
  expect(await listIds('/v1/shop/products?status=published&limit=100')).not.toContain(body.id);
  expect(await listIds('/v1/products?type=furniture&limit=100')).not.toContain(body.id);
  await api.shopA.post(`/v1/products/${body.id}/publish`);
  expect(await listIds('/v1/products?type=furniture&limit=100')).toEqual([body.id]);
  expect(await listIds('/v1/products?type=electronics')).toEqual([]);
});

test.each([
  ['/v1/products?type=clothing&type=furniture', 'type'],
  ['/v1/products?limit=0', 'limit'],
  ['/v1/products?limit=101', 'limit'],
  ['/v1/products?limit=x', 'limit'],
  ['/v1/products?cursor=nonsense', 'cursor'],
  ['/v1/products?type=vehicle', 'type'],
  ['/v1/products?filter[$where]=1', 'filter[$where]'],
  ['/v1/products?shopId[$ne]=1', 'shopId[$ne]'],
  ['/v1/shop/products?status=sold', 'status'],
  ['/v1/shop/products?shopId=x', 'shopId'],
])('%s is refused', async (path, field) => {
  expect(await api.shopA.get(path)).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ path: field }] },
  });
});

test('a cursor of another list is refused', async () => {
  await givenDraft();
  await givenDraft();
  const { body } = await api.shopA.get<Page>('/v1/shop/products?limit=1');
  const answer = await api.shopA.get(`/v1/products?cursor=${body.nextCursor}`);
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'cursor' }] } });
});

test('another shop can neither publish, unpublish nor list a draft', async () => {
  const draft = await givenDraft();
  for (const verb of ['publish', 'unpublish']) {
    const answer = await api.shopB.post(`/v1/products/${draft.id}/${verb}`);
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
  }
  expect((await api.shopA.get(`/v1/products/${draft.id}`)).body).toEqual(draft);
  const theirs = await api.shopB.get<Page>('/v1/shop/products?limit=100');
  expect(theirs.body.items.map((item) => item.shopId)).not.toContain(api.shopA.shopId);
});

test.each([
  ['get', '/v1/products', 'catalog:read'],
  ['get', '/v1/products/prd_1', 'catalog:read'],
  ['get', '/v1/shop/products', 'catalog:read'],
  ['post', '/v1/products', 'catalog:write'],
  ['post', '/v1/products/prd_1/publish', 'catalog:write'],
  ['post', '/v1/products/prd_1/unpublish', 'catalog:write'],
] as const)('%s %s requires credentials with the scope %s', async (method, path, scope) => {
  const other = await api.withScopes(api.shopA, ['orders:write']);
  expect(await other[method](path)).toMatchObject({
    status: 403,
    body: { code: 'missing_scope', scope },
  });
  expect((await api.anonymous[method](path)).status).toBe(401);
});
