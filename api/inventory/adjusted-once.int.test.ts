import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

interface Adjusted {
  readonly movement: { readonly id: string; readonly version: number };
  readonly level: { readonly onHand: number; readonly version: number };
}

const namespace = testNamespace();
let api: TestApi;
/** Another process of the same system. */
let secondApi: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace);
  secondApi = await startTestApi(namespace);
});
afterAll(() => Promise.all([api.close(), secondApi.close()]));

const toPath = (variantId: string) => `/v1/inventory/${variantId}/adjustments`;
const delivery = { delta: 5, reason: 'delivery', reference: 'note 7' };
const keyed = (key: string) => ({ 'idempotency-key': key });

async function countMovements(variantId: string): Promise<number> {
  return api.context.store.movements.countDocuments({ variantId });
}

describe('under an Idempotency-Key', () => {
  test('a repeat gets the first answer, even if the stock has changed since', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
    const post = () => api.shopA.post<Adjusted>(toPath(variantId), delivery, keyed('delivery-1'));
    const first = await post();
    expect(first).toMatchObject({ status: 201, body: { level: { onHand: 6 } } });
    await api.shopA.post(toPath(variantId), { set: 50, reason: 'stock-taking' });
    const again = await post();
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(await countMovements(variantId)).toBe(3);
    const entries = await api.context.store.audit.find({ target: variantId }).toArray();
    expect(entries.map(({ detail }) => detail?.['reason']).toSorted()).toEqual([
      'delivery',
      'delivery',
      'stock-taking',
    ]);
  });

  test('a request with the fields in another order and white space around the texts is a repeat too', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
    const first = await api.shopA.post<Adjusted>(toPath(variantId), delivery, keyed('delivery-2'));
    const body = '{ "reference": "note 7 ", "reason": " delivery", "delta": 5 }';
    const again = await api.shopA.post(toPath(variantId), body, {
      ...keyed('delivery-2'),
      'content-type': 'application/json',
    });
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  });

  test('a different request is refused, even if only the variant differs', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
    const other = await givenForSale(api.shopA, { onHand: 1 });
    await api.shopA.post(toPath(variantId), delivery, keyed('delivery-3'));
    const others: [string, object][] = [
      [variantId, { ...delivery, delta: 6 }],
      [variantId, { ...delivery, reason: 'another' }],
      [variantId, { set: 5, reason: 'delivery', reference: 'note 7' }],
      [other.variantId, delivery],
    ];
    for (const [id, body] of others) {
      expect(await api.shopA.post(toPath(id), body, keyed('delivery-3'))).toMatchObject({
        status: 422,
        body: { code: 'idempotency_key_reused', errors: [{ path: 'Idempotency-Key' }] },
      });
    }
    expect([await countMovements(variantId), await countMovements(other.variantId)]).toEqual([
      2, 1,
    ]);
  });

  test('keys of different callers are independent', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
    const colleague = await api.withScopes(api.shopA, ['inventory:write']);
    const [own, colleagues] = await Promise.all(
      [api.shopA, colleague].map((caller) =>
        caller.post<Adjusted>(toPath(variantId), delivery, keyed('delivery-4')),
      ),
    );
    expect(own?.body.movement.id).not.toBe(colleagues?.body.movement.id);
    expect(await countMovements(variantId)).toBe(3);
  });

  test('many concurrent repeats at two processes create one movement', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
    const secondClient = apiClient(secondApi.url, api.shopA.apiKey);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        (n % 2 === 0 ? api.shopA : secondClient).post<Adjusted>(
          toPath(variantId),
          delivery,
          keyed('delivery-5'),
        ),
      ),
    );
    for (const { status, body } of answers) {
      expect({ status, body }).toEqual({ status: 201, body: answers[0]?.body });
    }
    expect(await countMovements(variantId)).toBe(2);
    const level = await api.shopA.get(`/v1/inventory/${variantId}`);
    expect(level.body).toMatchObject({ onHand: 6 });
  });

  test('a refused request does not use up its key', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
    const body = { delta: -2, reason: 'loss' };
    const post = () => api.shopA.post(toPath(variantId), body, keyed('loss-1'));
    expect((await post()).status).toBe(409);
    await api.shopA.post(toPath(variantId), delivery);
    expect((await post()).status).toBe(201);
  });

  test.each([
    ['an empty key', ''],
    ['a key with a space', 'a b'],
    ['a key of 256 characters', 'x'.repeat(256)],
  ])('%s is refused', async (_, key) => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
    expect(await api.shopA.post(toPath(variantId), delivery, keyed(key))).toMatchObject({
      status: 400,
      body: { code: 'idempotency_key_invalid' },
    });
    expect(await countMovements(variantId)).toBe(1);
  });
});

describe('preconditions of an adjustment', () => {
  test('If-Match has to contain the version of the level', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 5 });
    const seen = await api.shopA.get<Adjusted['level']>(`/v1/inventory/${variantId}`);
    const tag = seen.headers.get('etag') ?? '';
    const counted = { set: 7, reason: 'stock-taking' };
    const post = (ifMatch: string) =>
      api.shopA.post<Adjusted>(toPath(variantId), counted, { 'if-match': ifMatch });
    const first = await post(`"r0", ${tag}`);
    expect(first).toMatchObject({ status: 201, body: { level: { onHand: 7 } } });
    expect(first.headers.get('etag')).not.toBe(tag);
    for (const stale of [tag, `W/${tag}`, '"nonsense"']) {
      expect(await post(stale)).toMatchObject({
        status: 412,
        body: {
          code: 'precondition_failed',
          level: { onHand: 7, version: first.body.level.version },
        },
      });
    }
    expect(await post('nonsense')).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path: 'If-Match' }] },
    });
    const compressed = first.headers.get('etag')?.replace(/"$/, '-gzip"') ?? '';
    expect((await post(`W/${compressed}`)).status).toBe(201);
    expect((await post('*')).status).toBe(201);
    expect(await countMovements(variantId)).toBe(4);
  });

  test('expectedOnHand has to equal the units on hand', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 5 });
    const count = (expectedOnHand: number) =>
      api.shopA.post(toPath(variantId), { set: 9, expectedOnHand, reason: 'stock-taking' });
    expect(await count(4)).toMatchObject({
      status: 409,
      body: {
        code: 'stock_changed',
        errors: [{ path: 'expectedOnHand' }],
        level: { variantId, onHand: 5, reserved: 0, available: 5, sold: 0 },
      },
    });
    expect((await count(5)).status).toBe(201);
    expect(await countMovements(variantId)).toBe(2);
  });

  test('exactly one of many concurrent adjustments with the same If-Match is applied', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 5 });
    const { headers } = await api.shopA.get(`/v1/inventory/${variantId}`);
    const secondClient = apiClient(secondApi.url, api.shopA.apiKey);
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        (n % 2 === 0 ? api.shopA : secondClient).post(
          toPath(variantId),
          { set: 100 + n, reason: 'stock-taking' },
          { 'if-match': headers.get('etag') ?? '' },
        ),
      ),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([201, ...Array(29).fill(412)]);
    expect(await countMovements(variantId)).toBe(2);
  });

  test('a repeat under its Idempotency-Key succeeds despite an outdated If-Match', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 5 });
    const { headers } = await api.shopA.get(`/v1/inventory/${variantId}`);
    const sent = { ...keyed('counted-1'), 'if-match': headers.get('etag') ?? '' };
    const post = () => api.shopA.post(toPath(variantId), { set: 7, reason: 'counted' }, sent);
    const first = await post();
    expect(first.status).toBe(201);
    expect(await post()).toMatchObject({ status: 201, body: first.body });
  });
});
