import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pause } from '../../shared/runtime/deadline.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { timed } from '../../shared/testing/timed.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

const PER_BUYER = 3;
const PER_SHOP = 10;
/** Time within which a process ends requests whose credentials have ended. */
const ENDED_WITHIN_MS = 5_000;
const OPEN_MS_MAX = 25_000;
/** Longer than a request may take. */
const LATE_MS = 9_000;
/** How long a token is valid: longer than all streams and waits need to open. */
const TOKEN_S = 4;

const namespace = testNamespace();
/** Two APIs of one system, without a worker: every checkout stays queued. */
let api: TestApi;
let otherApi: TestApi;
let variantId: string;
let checkouts = 0;

beforeAll(async () => {
  const waits = { perBuyer: PER_BUYER, perShop: PER_SHOP, inAll: 200 };
  api = await startTestApi(namespace, { waits });
  otherApi = await startTestApi(namespace, { secrets: api.context.config.secrets });
  ({ variantId } = await givenForSale(api.shopA));
});
afterAll(() => Promise.all([api.close(), otherApi.close()]));

type Credentials = Readonly<Record<string, string>>;

async function givenBuyer(shop: TestShop, buyerId: string, ttlSeconds = 900): Promise<Credentials> {
  const request = { buyerId, ttlSeconds };
  const { body } = await shop.post<{ token: string }>('/v1/buyer-tokens', request);
  return { authorization: `Bearer ${body.token}` };
}

async function givenQueued(shop: TestShop, buyerId: string): Promise<string> {
  checkouts += 1;
  const request = { buyerId, lines: [{ variantId, quantity: 1 }] };
  const headers = { 'idempotency-key': `open-${checkouts}` };
  return (await shop.post('/v1/checkouts', request, headers)).body.id;
}

/**
 * Keeps responses reachable: `fetch` cancels the stream of a response that is garbage-collected.
 */
const responses: Promise<Response>[] = [];

/** Opens a stream, which responds when it opens, or a wait, which responds when it ends. */
function open(kind: 'stream' | 'wait', id: string, credentials: Credentials, signal?: AbortSignal) {
  const path = kind === 'stream' ? `/v1/checkouts/${id}/events` : `/v1/checkouts/${id}`;
  const headers = { ...credentials, ...(kind === 'wait' && { prefer: 'wait=30' }) };
  const timeout = AbortSignal.timeout(OPEN_MS_MAX);
  const response = fetch(`${api.url}${path}`, {
    headers,
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  });
  responses.push(response);
  return response;
}

/**
 * Returns the response to a wait, or the problem in the last event of a stream as if it were a 401.
 */
async function readEnding(kind: 'stream' | 'wait', response: Response) {
  const text = await response.text();
  if (kind === 'wait') return { status: response.status, body: JSON.parse(text) };
  const last = text.trim().split('\n\n').at(-1) ?? '';
  expect(last).toMatch(/^event: error\n/);
  return { status: 401, body: JSON.parse(/^data: (.*)$/m.exec(last)?.[1] ?? '') };
}

const openCount = (kind: 'stream' | 'wait') => api.context.waitSlots.openCount(kind);
const noneIsOpen = () =>
  expect.poll(() => openCount('stream') + openCount('wait'), { timeout: 10_000 }).toBe(0);

type Revoke = (shop: TestShop) => Promise<unknown>;
const toCredentials = (shop: TestShop): Credentials => ({ 'x-api-key': shop.apiKey });
const change = ({ keyId }: TestShop, changes: object) =>
  otherApi.context.store.apiKeys.updateOne({ _id: keyId }, { $set: changes });
const deleteKey: Revoke = (shop) => change(shop, { revokedAt: new Date() });
const expireKey: Revoke = (shop) => change(shop, { expiresAt: new Date() });
const rotateOut: Revoke = async (shop) => {
  const { hash } = (await otherApi.context.store.apiKeys.findOne({ _id: shop.keyId })) ?? {};
  return change(shop, { hash: `another ${hash}`, previousHash: hash, previousUntil: new Date() });
};

const KINDS = ['stream', 'wait'] as const;
const REVOCATIONS: [string, (shop: TestShop) => Promise<Credentials>, Revoke][] = [
  ['when the key is deleted by another process', async (shop) => toCredentials(shop), deleteKey],
  [
    'when the key that created the buyer’s token is deleted',
    (shop) => givenBuyer(shop, 'b'),
    deleteKey,
  ],
  [
    'when the earlier secret of a rotated key expires',
    async (shop) => toCredentials(shop),
    rotateOut,
  ],
  ['when the key expires', async (shop) => toCredentials(shop), expireKey],
  [
    'when the token expires',
    (shop) => givenBuyer(shop, 'b', TOKEN_S),
    () => pause(TOKEN_S * 1_000),
  ],
];

// All at the same time, because each ends only when the process checks the credentials again.
test(`a stream and a wait end within 5 s ${REVOCATIONS.map(([when]) => when).join(', ')}`, {
  timeout: 60_000,
}, async () => {
  const cases = KINDS.flatMap((kind) =>
    REVOCATIONS.map((revocation) => [kind, ...revocation] as const),
  );
  const opened = await Promise.all(
    cases.map(async ([kind, when, getCredentials, revoke]) => {
      const shop = await api.withScopes(api.shopA, ['checkouts:write']);
      const id = await givenQueued(shop, 'b');
      // Opened at once, because a token is valid for only a few seconds.
      const answer = getCredentials(shop).then((credentials) => open(kind, id, credentials));
      return { kind, when, shop, revoke, answer };
    }),
  );
  for (const kind of KINDS) {
    await expect.poll(() => openCount(kind)).toBe(REVOCATIONS.length);
  }
  await Promise.all(
    opened.map(async ({ kind, when, shop, revoke, answer }) => {
      await revoke(shop);
      const { result: outcome, ms } = await timed(async () => readEnding(kind, await answer));
      expect(ms, `${kind} ${when}`).toBeLessThan(ENDED_WITHIN_MS);
      const unauthenticated = { status: 401, body: { status: 401, code: 'unauthenticated' } };
      expect(outcome, `${kind} ${when}`).toMatchObject(unauthenticated);
    }),
  );
  await noneIsOpen();
});

describe.each(KINDS)('the maximum number of %ss', (kind) => {
  test('is per buyer and does not affect other callers, and a closed connection frees its slot', async () => {
    const shop = await api.withScopes(api.shopA, ['checkouts:write']);
    const [greedy, modest] = [await givenBuyer(shop, 'greedy'), await givenBuyer(shop, 'modest')];
    const id = await givenQueued(shop, 'greedy');
    const closing = new AbortController();
    const opened = Array.from({ length: PER_BUYER }, () => open(kind, id, greedy, closing.signal));
    for (const response of opened) response.catch(() => undefined);
    await expect.poll(() => openCount(kind)).toBe(PER_BUYER);
    const refused = await open(kind, id, greedy);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'too_many_waits' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);

    const modestId = await givenQueued(shop, 'modest');
    for (const [credentials, checkoutId] of [
      [modest, modestId],
      [toCredentials(shop), id],
    ] as const) {
      open(kind, checkoutId, credentials, closing.signal).catch(() => undefined);
    }
    await expect.poll(() => openCount(kind)).toBe(PER_BUYER + 2);
    closing.abort();
    await noneIsOpen();
  });
});

test.each(KINDS)('the keys of a shop share its maximum of open %ss', async (kind) => {
  const [first, second] = [await api.newShop(), await api.newShop()];
  const keys = await Promise.all(
    Array.from({ length: PER_SHOP }, () => api.withScopes(first, ['checkouts:write'])),
  );
  const id = await givenQueued(first, 'b');
  const closing = new AbortController();
  for (const key of keys) open(kind, id, toCredentials(key), closing.signal).catch(() => undefined);
  await expect.poll(() => openCount(kind)).toBe(PER_SHOP);
  for (const credentials of [toCredentials(first), await givenBuyer(first, 'b')]) {
    const refused = await open(kind, id, credentials);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'too_many_waits' });
  }
  const othersId = await givenQueued(second, 'b');
  open(kind, othersId, toCredentials(second), closing.signal).catch(() => undefined);
  await expect.poll(() => openCount(kind)).toBe(PER_SHOP + 1);
  closing.abort();
  await noneIsOpen();
});

test.each(KINDS)(
  'tokens of several keys do not raise a buyer’s maximum of open %ss',
  async (kind) => {
    const shop = await api.newShop();
    const keys = await Promise.all(
      Array.from({ length: PER_BUYER }, () => api.withScopes(shop, ['checkouts:write'])),
    );
    const id = await givenQueued(shop, 'b');
    const closing = new AbortController();
    for (const key of keys) {
      open(kind, id, await givenBuyer(key, 'b'), closing.signal).catch(() => undefined);
    }
    await expect.poll(() => openCount(kind)).toBe(PER_BUYER);
    const refused = await open(kind, id, await givenBuyer(shop, 'b'));
    expect([refused.status, await refused.json()]).toMatchObject([429, { code: 'too_many_waits' }]);
    closing.abort();
    await noneIsOpen();
  },
);

test('settled checkouts and requests without a wait need no slot', async () => {
  const shop = await api.withScopes(api.shopA, ['checkouts:write']);
  const buyer = await givenBuyer(shop, 'b');
  const [queued, settled] = [await givenQueued(shop, 'b'), await givenQueued(shop, 'b')];
  const closing = new AbortController();
  for (let n = 0; n < PER_BUYER; n += 1) {
    for (const kind of KINDS) {
      open(kind, queued, buyer, closing.signal).catch(() => undefined);
    }
  }
  await expect.poll(() => openCount('stream') + openCount('wait')).toBe(2 * PER_BUYER);
  await api.context.store.checkouts.updateOne({ _id: settled }, { $set: { status: 'failed' } });
  for (const kind of KINDS) {
    expect((await open(kind, settled, buyer)).status).toBe(200);
  }
  const now = await fetch(`${api.url}/v1/checkouts/${queued}`, { headers: buyer });
  expect(now.status).toBe(200);
  closing.abort();
  await noneIsOpen();
});

test('a stream that opens after its request was answered with 503 frees its slot', async () => {
  const shop = await api.withScopes(api.shopA, ['checkouts:write']);
  const id = await givenQueued(shop, 'b');
  const { outcomes } = api.context;
  const read = outcomes.read.bind(outcomes);
  vi.spyOn(outcomes, 'read').mockImplementationOnce(async (checkoutId) => {
    const record = await read(checkoutId);
    await pause(LATE_MS);
    return record;
  });
  const take = vi.spyOn(api.context.waitSlots, 'take');
  expect((await open('stream', id, toCredentials(shop))).status).toBe(503);
  await expect.poll(() => take.mock.calls.length, { timeout: 30_000 }).toBe(1);
  await noneIsOpen();
  vi.restoreAllMocks();
});

test('a client that leaves while its checkout is stored does not keep a slot', async () => {
  const { intake } = api.context;
  const store = intake.store.bind(intake);
  const leaving = new AbortController();
  const stored = Promise.withResolvers<void>();
  vi.spyOn(intake, 'store').mockImplementationOnce(async (...draft) => {
    const record = await store(...draft);
    leaving.abort();
    await pause(1_000);
    stored.resolve();
    return record;
  });
  const take = vi.spyOn(api.context.waitSlots, 'take');
  const left = fetch(`${api.url}/v1/checkouts`, {
    method: 'POST',
    headers: {
      ...toCredentials(api.shopA),
      'content-type': 'application/json',
      'idempotency-key': 'left-early',
      prefer: 'wait=30',
    },
    body: JSON.stringify({ buyerId: 'b', lines: [{ variantId, quantity: 1 }] }),
    signal: leaving.signal,
  });
  await expect(left).rejects.toThrow();
  await stored.promise;
  await expect.poll(() => take.mock.calls.length).toBe(1);
  await noneIsOpen();
  vi.restoreAllMocks();
});

test('HEAD opens no stream', async () => {
  const shop = await api.withScopes(api.shopA, ['checkouts:write']);
  const id = await givenQueued(shop, 'b');
  const headers = toCredentials(shop);
  const answer = await fetch(`${api.url}/v1/checkouts/${id}/events`, { method: 'HEAD', headers });
  expect([answer.status, openCount('stream')]).toEqual([200, 0]);
});
