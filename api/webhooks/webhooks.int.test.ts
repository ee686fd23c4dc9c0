import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { EARLIER_SECRETS_MAX, WEBHOOKS_PER_SHOP_MAX } from '../../shared/contract/limits.ts';
import type { AnyBody } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { deriveSigningSecrets, deriveWebhookSecret } from '../../shared/webhooks/webhook-secret.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { givenDelivery, givenWebhook } from './testing/given-webhook.ts';

const namespace = testNamespace();
const REQUEST = { url: 'https://hooks.example.com/lastunit', events: ['order.*', 'stock.low'] };
let api: TestApi;

interface ShownWebhook extends AnyBody {
  readonly secret: string;
  readonly isEnabled: boolean;
}

interface Page {
  readonly items: readonly (ShownWebhook & { readonly status: string })[];
  readonly nextCursor: string | null;
}

beforeAll(async () => {
  api = await startTestApi(namespace);
});
afterAll(() => api.close());
afterEach(async () => {
  await api.context.store.webhooks.deleteMany({});
  await api.context.store.webhookDeliveries.deleteMany({});
});

const post = (changes: object = {}) =>
  api.shopA.post<ShownWebhook>('/v1/webhooks', { ...REQUEST, ...changes });
const findStored = (id: string) => api.context.store.webhooks.findOne({ _id: id });

test('only the response that creates a webhook contains its secret', async () => {
  const { status, body, headers } = await post();
  expect(status).toBe(201);
  expect(headers.get('cache-control')).toBe('no-store');
  const { secret, ...shown } = body;
  expect(shown).toEqual({
    id: expect.stringMatching(/^whk_/),
    ...REQUEST,
    isEnabled: true,
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
  });
  expect(secret).toMatch(/^whsec_[\w+/]{43}=$/);
  const { secretsKey } = api.context.config.secrets;
  expect(secret).toBe(deriveWebhookSecret(secretsKey, body.id, 0));
  expect((await api.shopA.get(`/v1/webhooks/${body.id}`)).body).toEqual(shown);
  expect((await api.shopA.get<Page>('/v1/webhooks')).body).toEqual({
    items: [shown],
    nextCursor: null,
  });
  expect((await api.shopB.get<Page>('/v1/webhooks')).body.items).toEqual([]);
  expect(JSON.stringify(await findStored(body.id))).not.toContain(secret.slice(6));
  const other = await post();
  expect(other.body.secret).not.toBe(secret);
});

test.each([
  ['no URL', { url: undefined }, 'url'],
  ['no events', { events: undefined }, 'events'],
  ['an empty list', { events: [] }, 'events'],
  ['an unknown type', { events: ['order.unknown'] }, 'events.0'],
  ['an unknown pattern', { events: ['*.confirmed'] }, 'events.0'],
  ['a repeated pattern', { events: ['*', '*'] }, 'events'],
  ['an unknown field', { secret: 'whsec_mine' }, 'secret'],
  ['a URL without a scheme', { url: 'hooks.example.com' }, 'url'],
  ['another scheme', { url: 'ftp://hooks.example.com/' }, 'url'],
  ['http', { url: 'http://hooks.example.com/' }, 'url'],
  ['a password', { url: 'https://a:b@hooks.example.com/' }, 'url'],
  ['loopback', { url: 'https://127.0.0.1/' }, 'url'],
  ['loopback in decimal', { url: 'https://2130706433/' }, 'url'],
  ['loopback by name', { url: 'https://localhost:3000/' }, 'url'],
  ['cloud metadata', { url: 'https://169.254.169.254/latest/meta-data' }, 'url'],
  ['cloud metadata at a public address', { url: 'https://168.63.129.16/metadata' }, 'url'],
  ['mapped loopback', { url: 'https://[::ffff:127.0.0.1]/' }, 'url'],
  ['a long URL', { url: `https://hooks.example.com/${'x'.repeat(2_048)}` }, 'url'],
])(
  '%s is refused in a new webhook, with the name of the field, and in a change of a webhook',
  async (_, changes, path) => {
    const { status, body } = await post(changes);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.errors?.[0]?.path).toBe(path);
    expect(await api.context.store.webhooks.countDocuments()).toBe(0);
    const { webhookId } = await givenWebhook(api.context.store, api.shopA.shopId);
    const before = await findStored(webhookId);
    const patched = await api.shopA.send('PATCH', `/v1/webhooks/${webhookId}`, changes);
    expect(patched.status).toBe(400);
    expect(await findStored(webhookId)).toEqual(before);
  },
);

test('only addresses that the operator allows are accepted in addition to public addresses', async () => {
  const { parseAddressRange } = await import('../../shared/runtime/ip-address.ts');
  const range = parseAddressRange('127.0.0.0/8');
  const webhookTargets = { allowedRanges: range ? [range] : [], isHttpAllowed: true };
  const lenient = await startTestApi(namespace, { webhookTargets });
  try {
    const request = { ...REQUEST, url: 'http://127.0.0.1:9/' };
    expect((await lenient.shopA.post('/v1/webhooks', request)).status).toBe(201);
    const other = { ...REQUEST, url: 'http://10.0.0.1:9/' };
    expect((await lenient.shopA.post('/v1/webhooks', other)).status).toBe(400);
  } finally {
    await lenient.close();
  }
});

test('a shop has a bounded number of webhooks, even if it creates many concurrently', async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => post()));
  const created = answers.filter(({ status }) => status === 201);
  expect(created).toHaveLength(WEBHOOKS_PER_SHOP_MAX);
  const refused = answers.filter(({ status }) => status !== 201);
  expect(new Set(refused.map(({ body }) => body.code))).toEqual(new Set(['too_many_webhooks']));
  await api.shopA.send('DELETE', `/v1/webhooks/${created[7]?.body.id}`);
  expect((await post()).status).toBe(201);
  expect((await post()).status).toBe(409);
  const first = await api.shopA.get<Page>('/v1/webhooks?limit=15');
  const next = await api.shopA.get<Page>(`/v1/webhooks?limit=15&cursor=${first.body.nextCursor}`);
  const ids = [...first.body.items, ...next.body.items].map(({ id }) => id);
  expect(new Set(ids).size).toBe(WEBHOOKS_PER_SHOP_MAX);
  expect(next.body.nextCursor).toBeNull();
});

test('another URL or enabling a webhook resets its health and retries pending deliveries', async () => {
  const { store } = api.context;
  const failing = {
    isEnabled: false,
    disabledReason: 'failing',
    failures: 30,
    failingSince: new Date(),
    pausedUntil: new Date(Date.now() + 60_000),
  } as const;
  for (const change of [{ isEnabled: true }, { url: 'https://other.example.com/' }]) {
    const { webhookId } = await givenWebhook(store, api.shopA.shopId, failing);
    const later = new Date(Date.now() + 3_600_000);
    const waiting = { status: 'pending', nextAttemptAt: later } as const;
    const webhook = { _id: webhookId, shopId: api.shopA.shopId };
    const deliveryId = await givenDelivery(store, webhook, waiting);
    const { status, body } = await api.shopA.send('PATCH', `/v1/webhooks/${webhookId}`, change);
    expect(status).toBe(200);
    expect(body).toMatchObject(change);
    const restarted = await findStored(webhookId);
    expect(restarted).toMatchObject({ failures: 0, dueAt: expect.any(Date) });
    expect(restarted).not.toHaveProperty('pausedUntil');
    expect(restarted).not.toHaveProperty('disabledReason');
    const delivery = await store.webhookDeliveries.findOne({ _id: deliveryId });
    expect(Number(delivery?.nextAttemptAt)).toBeLessThanOrEqual(Date.now());
  }
});

test('another URL or enabling a webhook sets the restart mark that a run in progress notices', async () => {
  const { webhookId } = await givenWebhook(api.context.store, api.shopA.shopId);
  for (const change of [{ isEnabled: true }, { url: 'https://other.example.com/' }]) {
    const before = await findStored(webhookId);
    const { status } = await api.shopA.send('PATCH', `/v1/webhooks/${webhookId}`, change);
    expect(status).toBe(200);
    const after = await findStored(webhookId);
    expect(Number(after?.restartedAt)).toBeGreaterThan(Number(before?.restartedAt ?? 0));
  }
});

test('other changes, and the same URL, do not reset the health', async () => {
  const { webhookId } = await givenWebhook(api.context.store, api.shopA.shopId, { failures: 3 });
  const change = (body: object) => api.shopA.send('PATCH', `/v1/webhooks/${webhookId}`, body);
  expect((await change({ events: ['stock.*'] })).body).toMatchObject({ events: ['stock.*'] });
  expect((await change({ isEnabled: false })).body).toMatchObject({ isEnabled: false });
  expect(await change({ url: (await findStored(webhookId))?.url })).toMatchObject({ status: 200 });
  expect(await findStored(webhookId)).toMatchObject({ failures: 3 });
  const nothing = await change({});
  expect([nothing.status, nothing.body.code]).toEqual([400, 'invalid_request']);
});

test('a rotation returns a new secret, and the time at which the previous secret ends: a day later', async () => {
  const { body: created } = await post();
  const path = `/v1/webhooks/${created.id}/rotate-secret`;
  const { status, body } = await api.shopA.post<ShownWebhook & { previousUntil: string }>(path);
  expect(status).toBe(200);
  expect(body.secret).toMatch(/^whsec_/);
  expect(body.secret).not.toBe(created.secret);
  const graceMs = Date.parse(body.previousUntil) - Date.now();
  expect(Math.round(graceMs / 3_600_000)).toBe(24);
});

test('each earlier secret signs for its day, however often the secret is rotated', async () => {
  const { body: created } = await post();
  const { secretsKey } = api.context.config.secrets;
  const rotate = () => api.shopA.post<ShownWebhook>(`/v1/webhooks/${created.id}/rotate-secret`);
  const signing = async () => {
    const webhook = await findStored(created.id);
    return webhook === null ? [] : deriveSigningSecrets(secretsKey, webhook, new Date());
  };
  const secrets = [created.secret];
  for (let count = 0; count < EARLIER_SECRETS_MAX; count += 1) {
    secrets.unshift((await rotate()).body.secret);
    expect(await signing()).toEqual(secrets);
  }
  const refused = await rotate();
  expect([refused.status, refused.body.code]).toEqual([409, 'too_many_secrets']);
  expect(await signing()).toEqual(secrets);
  const ended = await api.shopA.send('DELETE', `/v1/webhooks/${created.id}/earlier-secrets`);
  expect(ended.status).toBe(200);
  expect(ended.body).not.toHaveProperty('previousUntil');
  expect(await signing()).toEqual(secrets.slice(0, 1));
  const next = await rotate();
  expect(await signing()).toEqual([next.body.secret, secrets[0]]);
});

test('concurrent rotations return different secrets, and no more than the maximum', async () => {
  const { body: created } = await post();
  const path = `/v1/webhooks/${created.id}/rotate-secret`;
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => api.shopA.post<ShownWebhook>(path)),
  );
  const returned = answers.filter(({ status }) => status === 200).map(({ body }) => body.secret);
  expect(new Set(returned).size).toBe(EARLIER_SECRETS_MAX);
  expect(answers.map(({ status }) => status).sort()).toEqual([
    ...returned.map(() => 200),
    ...Array(5).fill(409),
  ]);
});

test('the earlier secrets of another shop’s webhook cannot be ended', async () => {
  const { webhookId } = await givenWebhook(api.context.store, api.shopB.shopId);
  const { status } = await api.shopA.send('DELETE', `/v1/webhooks/${webhookId}/earlier-secrets`);
  expect(status).toBe(404);
});

test('deleting a webhook deletes its log', async () => {
  const { store } = api.context;
  const { webhookId } = await givenWebhook(store, api.shopA.shopId);
  const path = `/v1/webhooks/${webhookId}`;
  expect((await api.shopA.send('DELETE', path)).status).toBe(204);
  expect((await api.shopA.send('DELETE', path)).status).toBe(404);
  expect((await api.shopA.get(`${path}/deliveries`)).status).toBe(404);
  expect(await store.webhookDeliveries.countDocuments({ webhookId })).toBe(0);
});

test('changes of a webhook are in the audit log', async () => {
  const { body } = await post();
  await api.shopA.send('PATCH', `/v1/webhooks/${body.id}`, { events: ['*'] });
  await api.shopA.post(`/v1/webhooks/${body.id}/rotate-secret`);
  await api.shopA.send('DELETE', `/v1/webhooks/${body.id}/earlier-secrets`);
  await api.shopA.send('DELETE', `/v1/webhooks/${body.id}`);
  const entries = await api.context.store.audit
    .find({ target: body.id })
    .sort({ _id: 1 })
    .toArray();
  expect(entries.map(({ action }) => action)).toEqual([
    'webhook.created',
    'webhook.changed',
    'webhook.secret_rotated',
    'webhook.secrets_ended',
    'webhook.deleted',
  ]);
  expect(JSON.stringify(entries)).not.toContain('whsec_');
});
