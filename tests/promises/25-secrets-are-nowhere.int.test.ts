import { expect, test } from 'vitest';
import {
  type GivenSeller,
  type GivenTokens,
  givenSeller,
  logIn,
  refresh,
} from '../../api/testing/sessions.ts';
import { signRequest } from '../../shared/access/request-signature/sign-request.ts';
import { newSystemSecrets } from '../../shared/access/system-secrets.ts';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { type ApiClient, apiClient, tokenClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { dumpData } from '../rig/dump.ts';
import { startSystem } from '../rig/system.ts';

const SHOPS = promiseRuns(20, 2);
const TIMEOUT_MS = 180_000;

const namespace = testNamespace();

interface NewKey {
  readonly id: string;
  readonly apiKey: string;
  readonly keyId: string;
  readonly signingSecret: string;
}

interface Caller {
  readonly url: string;
  readonly anonymous: ApiClient;
}

/**
 * All created secrets, which must not be stored or logged, and public values, which must be stored.
 */
const secrets: string[] = [];
const publicValues: string[] = [];

async function newKey(seller: ApiClient, changes: object = {}): Promise<NewKey> {
  const request = { name: 'till', scopes: SCOPES, ...changes };
  const { body } = await seller.post<NewKey>('/v1/api-keys', request);
  secrets.push(body.apiKey, body.apiKey.slice(3, 46), body.signingSecret);
  publicValues.push(body.id);
  return body;
}

/** Uses a shop's sessions, in valid and invalid ways. */
async function useSessions(api: Caller): Promise<GivenSeller> {
  const seller = await givenSeller(api);
  publicValues.push(seller.email);
  const { email, password } = seller;
  const wrong = `${password} but wrong`;
  await api.anonymous.post('/v1/auth/login', { email, password: wrong });
  await api.anonymous.post('/v1/auth/login', { email: password, password });
  await api.anonymous.post('/v1/auth/login', `{"email":"${email}","password":"${password}"`);
  const second = await logIn(api, seller);
  const third = (await refresh(api, second.refreshToken)).body;
  await refresh(api, second.refreshToken);
  const newPassword = `${password} 2`;
  const changed = await seller.post<GivenTokens>('/v1/auth/password', {
    currentPassword: password,
    newPassword,
  });
  await seller.post('/v1/auth/password', { currentPassword: password, newPassword });
  secrets.push(password, wrong, newPassword);
  for (const { accessToken, refreshToken } of [seller, second, third, changed.body]) {
    secrets.push(refreshToken, refreshToken.slice(4), accessToken, accessToken.split('.')[2] ?? '');
  }
  return { ...seller, ...changed.body, ...tokenClient(api.url, changed.body.accessToken) };
}

/** Creates a webhook and rotates its secret. */
async function useWebhook(client: ApiClient): Promise<void> {
  const request = { url: 'https://hooks.example.invalid/', events: ['*'] };
  const created = await client.post<{ id: string; secret: string }>('/v1/webhooks', request);
  const path = `/v1/webhooks/${created.body.id}/rotate-secret`;
  const rotated = await client.post<{ secret: string }>(path);
  publicValues.push(created.body.id);
  for (const { secret } of [created.body, rotated.body]) {
    secrets.push(secret, secret.slice('whsec_'.length));
  }
}

/** Sells a product to a buyer with a token and to a buyer of an API key, and signs a request. */
async function sell(api: Caller, seller: GivenSeller): Promise<void> {
  const key = await newKey(seller);
  const client = apiClient(api.url, key.apiKey);
  await useWebhook(client);
  const { body: product } = await client.post<{ id: string; variants: [{ id: string }] }>(
    '/v1/products',
    { title: 'Lamp', type: 'furniture', variants: [{ sku: 'L', price: 1, currency: 'GBP' }] },
  );
  const variantId = product.variants[0].id;
  await client.post(`/v1/inventory/${variantId}/adjustments`, { set: 100, reason: 'delivery' });
  await client.post(`/v1/products/${product.id}/publish`);
  const minted = await client.post<{ token: string }>('/v1/buyer-tokens', { buyerId: 'ana' });
  const { token } = minted.body;
  secrets.push(token, token.split('.')[2] ?? '');
  const lines = [{ variantId, quantity: 1 }];
  for (const [name, buyer] of [
    ['ana', tokenClient(api.url, token)],
    ['bob', client],
  ] as const) {
    const headers = { 'idempotency-key': `order-of-${name}` };
    const body = { buyerId: name, lines };
    const { body: accepted } = await buyer.post('/v1/checkouts', body, headers);
    const path = `/v1/checkouts/${accepted.id}`;
    expect((await buyer.get(path, { prefer: 'wait=20' })).body).toMatchObject({ status: 'placed' });
    publicValues.push(accepted.id);
  }
  const signer = await newKey(seller, { requireSignature: true });
  const { apiKey, keyId, signingSecret: secret } = signer;
  const request = { method: 'GET', url: `${api.url}/v1/orders`, apiKey, keyId };
  const sign = (signingSecret: string) =>
    fetch(request.url, { headers: signRequest({ ...request, secret: signingSecret }) });
  expect((await sign(`${secret}x`)).status).toBe(401);
  // The nonce register refuses signatures from the second in which it started.
  await expect.poll(async () => (await sign(secret)).status, { timeout: 5_000 }).toBe(200);
}

/** Sends secrets in the wrong places. */
async function misplaceSecrets(api: Caller, seller: GivenSeller): Promise<void> {
  const { apiKey, id } = await newKey(seller);
  const bearer = { authorization: `Bearer ${apiKey}` };
  await api.anonymous.get('/v1/orders', bearer);
  await api.anonymous.get(`/v1/orders/${apiKey}`, { 'x-api-key': apiKey });
  await api.anonymous.get(`/v1/nowhere/${apiKey}?key=${apiKey}`);
  await api.anonymous.get(`/v1/orders?apiKey=${apiKey}`, { 'x-api-key': apiKey });
  await api.anonymous.post('/v1/products', { apiKey, password: apiKey }, { 'x-api-key': apiKey });
  await api.anonymous.post('/v1/auth/refresh', { refreshToken: apiKey });
  await api.anonymous.get('/ops/audit', bearer);
  const rotated = await seller.post<NewKey>(`/v1/api-keys/${id}/rotate`);
  secrets.push(rotated.body.apiKey, rotated.body.signingSecret);
  await api.anonymous.get('/v1/orders', { 'x-api-key': apiKey });
  await seller.send('DELETE', `/v1/api-keys/${id}`);
  await api.anonymous.get('/v1/orders', { 'x-api-key': apiKey });
}

/** Logs in as an operator: correctly, with a wrong password, and with the password as the name. */
async function useOperators({ url }: Caller, password: string): Promise<void> {
  const wrong = `${password}, but wrong`;
  secrets.push(wrong);
  for (const [name, sentPassword, status] of [
    ['ops', password, 200],
    ['ops', wrong, 401],
    [password, 'ops', 401],
  ] as const) {
    const headers = { authorization: `Basic ${btoa(`${name}:${sentPassword}`)}` };
    expect((await fetch(`${url}/ops/audit`, { headers })).status).toBe(status);
  }
  publicValues.push('ops.login_refused');
}

test(
  'PROMISES 25, 31: no secret is in the database, in Redis, in a job or in a log',
  async () => {
    const { signingKeys, secretsKey } = newSystemSecrets();
    const OPS_PASSWORD = 'the password of operators';
    secrets.push(secretsKey, OPS_PASSWORD, ...signingKeys.map(({ d }) => d));
    const system = await startSystem(namespace, {
      workers: 1,
      env: {
        LOG_LEVEL: 'trace',
        SIGNING_KEYS: JSON.stringify(signingKeys),
        SECRETS_KEY: secretsKey,
        OPS_PASSWORD,
      },
    });
    const api = { url: system.apiUrl, anonymous: apiClient(system.apiUrl) };
    let logs = '';
    try {
      for (let shop = 0; shop < SHOPS; shop += 1) {
        const seller = await useSessions(api);
        await sell(api, seller);
        await misplaceSecrets(api, seller);
      }
      await useOperators(api, OPS_PASSWORD);
    } finally {
      await system.stop();
      logs = [system.api, ...system.workers].map((child) => child.output()).join('\n');
    }
    const places = { ...(await dumpData(namespace)), logs };
    for (const word of publicValues) expect(places.mongodb).toContain(word);
    expect(places.redis).toContain('settle');
    expect(places.logs).toContain('listening');
    const forms = [...new Set(secrets)].flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('hex'),
    ]);
    expect(forms.length).toBeGreaterThan(SHOPS * 60);
    for (const [place, text] of Object.entries(places)) {
      const hits = forms.filter((secret) => secret.length > 0 && text.includes(secret));
      expect([place, hits]).toEqual([place, []]);
    }
    console.info(`${forms.length} forms of ${new Set(secrets).size} secrets, 0 hits`);
  },
  TIMEOUT_MS,
);
