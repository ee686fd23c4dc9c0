import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { signRequest } from '../../shared/access/request-signature/sign-request.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { ownRedis } from '../../shared/testing/own-redis.ts';
import { timed } from '../../shared/testing/timed.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';
import { toSigningSecret } from './signing-secret.ts';

const ANSWER_MS_MAX = 1_000;
const namespace = testNamespace();
const redis = ownRedis();

let api: TestApi;
let signer: TestShop;
let secret: string;

beforeAll(async () => {
  api = await startTestApi({ ...namespace, redisUrl: redis.url });
  signer = await api.withScopes(api.shopA, ['catalog:read']);
  secret = toSigningSecret(api.context.config.secrets.secretsKey, signer.keyId, 0);
  await vi.waitUntil(async () => (await sendSigned()).status === 200, { timeout: 10_000 });
});
afterAll(() => api.close());

async function sendSigned(): Promise<{ status: number; code: unknown; retryAfter: string | null }> {
  const url = `${api.url}/v1/products`;
  const created = Math.floor(Date.now() / 1_000);
  const request = { method: 'GET', url, headers: {}, apiKey: signer.apiKey, keyId: signer.keyId };
  const headers = signRequest({ ...request, secret, created }) as Record<string, string>;
  const response = await fetch(url, { headers });
  const { code } = (await response.json()) as { code?: unknown };
  return { status: response.status, code, retryAfter: response.headers.get('retry-after') };
}

test('while Redis is frozen, signed requests are refused within a second and unsigned requests are served', async () => {
  redis.freeze();
  try {
    const { result, ms } = await timed(sendSigned);
    expect(result).toEqual({ status: 503, code: 'service_unavailable', retryAfter: '1' });
    expect(ms).toBeLessThan(ANSWER_MS_MAX);
    expect((await api.shopA.get('/v1/products')).status).toBe(200);
  } finally {
    redis.thaw();
  }
  await expect.poll(async () => (await sendSigned()).status, { timeout: 10_000 }).toBe(200);
});

test('while Redis is down, signed requests are refused; after its restart they work again', async () => {
  await redis.kill();
  expect(await sendSigned()).toMatchObject({ status: 503, code: 'service_unavailable' });
  expect((await api.shopA.get('/v1/products')).status).toBe(200);
  await redis.restart();
  await expect.poll(async () => (await sendSigned()).status, { timeout: 20_000 }).toBe(200);
});
