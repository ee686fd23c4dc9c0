import { afterAll, expect, test, vi } from 'vitest';
import { toSigningSecret } from '../../api/access/signing-secret.ts';
import { startTestApi } from '../../api/testing/start-test-api.ts';
import { hashApiKey } from '../../shared/access/api-key.ts';
import { newSystemSecrets } from '../../shared/access/system-secrets.ts';
import { apiClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { seedDemo } from '../seed.ts';

const namespace = testNamespace();
const { mongodbUrl } = namespace;

interface Page {
  readonly items: readonly {
    readonly type: string;
    readonly variants: readonly { readonly currency: string; readonly available: number }[];
  }[];
}

afterAll(() => vi.unstubAllEnvs());

test('seeding repeatedly or concurrently creates one shop and its stock once', async () => {
  const [first, second] = await Promise.all([seedDemo({ mongodbUrl }), seedDemo({ mongodbUrl })]);
  const again = await seedDemo({ mongodbUrl, previous: first });
  const { id, email } = first.shop;
  expect(second).toMatchObject({ shop: { id, email }, variants: first.variants });
  expect(again).toMatchObject({ seller: first.seller, storefront: first.storefront });
  expect(await seedDemo({ mongodbUrl, previous: again })).toEqual(again);

  expect(again.discountCodes).toEqual(['WELCOME10', 'FIRST50']);
  const api = await startTestApi(namespace);
  try {
    expect(await api.context.store.discounts.countDocuments()).toBe(2);
    const seller = apiClient(api.url, first.seller.apiKey);
    const storefront = apiClient(api.url, first.storefront.apiKey);
    const { body } = await storefront.get<Page>(`/v1/products?shopId=${first.shop.id}&limit=100`);
    expect(body.items).toHaveLength(12);
    expect(new Set(body.items.map((item) => item.type)).size).toBe(3);
    const variants = body.items.flatMap((item) => item.variants);
    expect(new Set(variants.map((variant) => variant.currency))).toEqual(new Set(['GBP']));
    expect(variants.every((variant) => variant.available > 0)).toBe(true);
    expect(variants).toHaveLength(first.variants.length);
    expect(await seller.get(`/v1/inventory/${first.variantId}`)).toMatchObject({
      body: { onHand: 10_000, reserved: 0, sold: 0 },
    });
    await seller.post(`/v1/products/${first.variants[0]?.productId}/unpublish`);
    await seedDemo({ mongodbUrl });
    const remaining = await storefront.get<Page>(`/v1/products?shopId=${first.shop.id}&limit=100`);
    expect(remaining.body.items).toHaveLength(11);
    const refused = await storefront.get(`/v1/inventory/${first.variantId}`);
    expect(refused.status).toBe(403);
  } finally {
    await api.close();
  }
});

test('the shop can log in, and the signing key requires signatures', async () => {
  const { secretsKey } = newSystemSecrets();
  const first = await seedDemo({ mongodbUrl, secretsKey });
  expect(await seedDemo({ mongodbUrl, secretsKey, previous: first })).toEqual(first);
  const secrets = { ...newSystemSecrets(), secretsKey };
  const api = await startTestApi(namespace, { secrets });
  try {
    const { email, password } = first.shop;
    const login = await api.anonymous.post('/v1/auth/login', { email, password });
    expect(login.status).toBe(200);
    const key = await api.context.store.apiKeys.findOne({ _id: first.signing?.keyId ?? '' });
    expect(key?.hash).toBe(hashApiKey(first.signing?.apiKey ?? ''));
    expect(key?.requireSignature).toBe(true);
    expect(first.signing?.secret).toBe(toSigningSecret(secretsKey, key?._id ?? '', 0));
    const unsigned = await apiClient(api.url, first.signing?.apiKey).get('/v1/products');
    expect(unsigned.status).toBe(401);
  } finally {
    await api.close();
  }
  const wrong = { ...first, shop: { ...first.shop, password: 'not this one' } };
  const reset = await seedDemo({ mongodbUrl, secretsKey, previous: wrong });
  expect(reset.shop.password).not.toBe(wrong.shop.password);
  expect(reset.signing).toEqual(first.signing);
});

test('seeding again replaces keys that do not work', async () => {
  const first = await seedDemo({ mongodbUrl });
  const again = await seedDemo({
    mongodbUrl,
    previous: { ...first, storefront: { apiKey: 'lu_nonsense' } },
  });
  expect(again.seller).toEqual(first.seller);
  expect(again.storefront).not.toEqual(first.storefront);
});

test('seeding is refused in production', async () => {
  vi.stubEnv('NODE_ENV', 'production');
  await expect(seedDemo({ mongodbUrl })).rejects.toThrow(
    'The demo shop cannot be seeded in production.',
  );
});
