import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import {
  discountRequest,
  givenDiscount,
  givenForSale,
  productRequest,
  type ShownDiscount,
  type ShownProduct,
} from '../testing/requests.ts';
import { auditOf, givenSeller } from '../testing/sessions.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

const DAY_MS = 86_400_000;

const namespace = testNamespace();
const clock = manualClock();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace, { clock });
});
afterAll(() => api.close());

interface Page {
  readonly items: readonly ShownDiscount[];
  readonly nextCursor: string | null;
}

const dayFromNow = (days: number) => new Date(clock.now().getTime() + days * DAY_MS).toISOString();
const toPath = ({ id }: { readonly id: string }) => `/v1/discounts/${id}`;
const listCodes = async (shop: TestShop, query: string) => {
  const { body } = await shop.get<Page>(`/v1/discounts?limit=100&${query}`);
  return body.items.map(({ code }) => code);
};

test('a discount is created as requested and can be read at its Location', async () => {
  const { productId } = await givenForSale(api.shopA);
  const request = discountRequest({
    code: ' Summer-25 ',
    kind: 'fixed',
    value: 500,
    startsAt: '2026-01-01T02:00:00+02:00',
    usageLimit: 10,
    usageLimitPerBuyer: 1,
    minimumSubtotal: 2_000,
    maximumDiscount: 400,
    currency: 'GBP',
    appliesTo: { productIds: [productId, productId] },
    combinable: true,
  });
  const created = await api.shopA.post('/v1/discounts', request);
  const { id } = created.body;
  expect(created).toMatchObject({
    status: 201,
    body: {
      ...request,
      id: expect.stringMatching(/^dsc_/),
      shopId: api.shopA.shopId,
      code: 'Summer-25',
      startsAt: '2026-01-01T00:00:00.000Z',
      endsAt: '2100-01-01T00:00:00.000Z',
      appliesTo: { productIds: [productId] },
      uses: 0,
      remaining: 10,
    },
  });
  const location = created.headers.get('location') ?? '';
  expect(location).toBe(`/v1/discounts/${id}`);
  const read = await api.shopA.get(location);
  expect(read.body).toEqual(created.body);
  expect(read.headers.get('etag')).toBe(created.headers.get('etag'));
});

test('a discount without optional fields applies to all products, has no limit, and cannot be combined', async () => {
  const { body } = await api.shopA.post('/v1/discounts', discountRequest());
  expect(body).toMatchObject({ appliesTo: 'all', combinable: false, uses: 0 });
  expect(Object.keys(body)).not.toContain('remaining');
});

test('a code belongs to one discount of a shop, whatever the letter case, until that discount is cancelled', async () => {
  const first = await givenDiscount(api.shopA, { code: 'Éte' });
  const again = discountRequest({ code: 'ÉTE' });
  expect(await api.shopA.post('/v1/discounts', again)).toMatchObject({
    status: 409,
    body: { code: 'code_taken', errors: [{ path: 'code' }] },
  });
  expect((await api.shopB.post('/v1/discounts', again)).status).toBe(201);
  expect((await api.shopA.send('DELETE', toPath(first))).status).toBe(204);
  expect((await api.shopA.post('/v1/discounts', again)).status).toBe(201);
  expect((await api.shopA.get(toPath(first))).body).toMatchObject({ code: 'Éte' });
});

test('of 20 concurrent requests with the same code exactly one creates a discount', async () => {
  const requests = Array.from({ length: 20 }, () => discountRequest({ code: 'RACE' }));
  const answers = await Promise.all(
    requests.map((request) => api.shopA.post('/v1/discounts', request)),
  );
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
});

test('discounts are listed in pages and filtered by status and code', async () => {
  const shop = await api.withScopes({ ...api.shopA, shopId: 'shp_of_the_list' }, [
    'discounts:write',
  ]);
  const [past, from, to, future] = [-2, -1, 1, 2].map(dayFromNow);
  await givenDiscount(shop, { code: 'ENDED', startsAt: past, endsAt: from });
  await givenDiscount(shop, { code: 'NOW', startsAt: from, endsAt: to });
  await givenDiscount(shop, { code: 'LATER', startsAt: to, endsAt: future });
  await shop.send('DELETE', toPath(await givenDiscount(shop, { code: 'GONE' })));
  await shop.send('DELETE', toPath(await givenDiscount(shop, { code: 'now-2' })));
  expect(await listCodes(shop, '')).toEqual(['now-2', 'GONE', 'LATER', 'NOW', 'ENDED']);
  expect(await listCodes(shop, 'status=active')).toEqual(['NOW']);
  expect(await listCodes(shop, 'status=scheduled')).toEqual(['LATER']);
  expect(await listCodes(shop, 'status=ended')).toEqual(['ENDED']);
  expect(await listCodes(shop, 'status=cancelled')).toEqual(['now-2', 'GONE']);
  expect(await listCodes(shop, 'code=nOw')).toEqual(['NOW']);
  expect(await listCodes(shop, 'code=NOW&status=ended')).toEqual([]);
  const seenCodes: string[] = [];
  let next: string | null = '';
  while (next !== null) {
    const path: string = `/v1/discounts?limit=2${next && `&cursor=${next}`}`;
    const { body }: { body: Page } = await shop.get<Page>(path);
    seenCodes.push(...body.items.map(({ code }) => code));
    if (body.nextCursor !== null) {
      const mixed = await shop.get(`/v1/discounts?status=active&cursor=${body.nextCursor}`);
      expect(mixed).toMatchObject({ status: 400, body: { errors: [{ path: 'cursor' }] } });
    }
    next = body.nextCursor;
  }
  expect(seenCodes).toEqual(['now-2', 'GONE', 'LATER', 'NOW', 'ENDED']);
});

test('the list of a discount’s products has the products that the discount names, or all published products of its shop', async () => {
  const shop = await api.withScopes({ ...api.shopA, shopId: 'shp_of_products' }, [
    'discounts:write',
    'catalog:write',
    'inventory:write',
  ]);
  const sold = [await givenForSale(shop), await givenForSale(shop), await givenForSale(shop)];
  const [first, second, third] = sold.map(({ productId }) => productId);
  const { body: draft } = await shop.post<ShownProduct>('/v1/products', productRequest());
  const listProductIds = async (discount: ShownDiscount) => {
    const ids: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const path: string = `${toPath(discount)}/products?limit=2${next && `&cursor=${next}`}`;
      const { body }: { body: Page } = await shop.get<Page>(path);
      ids.push(...body.items.map(({ id }) => id));
      next = body.nextCursor;
    }
    return ids;
  };
  expect(await listProductIds(await givenDiscount(shop))).toEqual([third, second, first]);
  const named = { productIds: [first, draft.id, third] };
  expect(await listProductIds(await givenDiscount(shop, { appliesTo: named }))).toEqual([
    draft.id,
    third,
    first,
  ]);
});

test('creating, changing and cancelling a discount add audit entries; refused changes and changes without an effect do not', async () => {
  const seller = await givenSeller(api);
  const shop = { ...api.shopA, ...seller };
  const discount = await givenDiscount(shop);
  await seller.send('PATCH', toPath(discount), { value: 20 });
  await seller.send('PATCH', toPath(discount), { value: 20 });
  await seller.send('PATCH', toPath(discount), { value: 500 });
  await seller.send('DELETE', toPath(discount));
  await seller.send('DELETE', toPath(discount));
  const entries = (await auditOf(seller)).filter(({ target }) => target === discount.id);
  expect(entries.map(({ action, detail }) => [action, detail])).toEqual([
    ['discount.cancelled', { code: discount.code }],
    ['discount.changed', { fields: ['value'] }],
    ['discount.created', { code: discount.code }],
  ]);
});
