import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeRoutes } from '../../api/docs/describe-routes.ts';
import { ROUTES } from '../../api/routes.ts';
import { startTestApi, type TestApi } from '../../api/testing/start-test-api.ts';
import { type ApiClient, apiClient, tokenClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { seedDemo } from '../seed.ts';

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly example?: string }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly example: unknown }>>;
  };
}

const { paths } = describeRoutes(ROUTES) as {
  paths: Record<string, Record<string, Operation>>;
};

const namespace = testNamespace();
let api: TestApi;
let seller: ApiClient;
let shop: ApiClient;

beforeAll(async () => {
  const demo = await seedDemo({ mongodbUrl: namespace.mongodbUrl });
  api = await startTestApi(namespace);
  seller = apiClient(api.url, demo.seller.apiKey);
  const { email, password } = demo.shop;
  const login = await api.anonymous.post<{ accessToken: string }>('/v1/auth/login', {
    email,
    password,
  });
  shop = tokenClient(api.url, login.body.accessToken);
});

afterAll(() => api?.close());

/** Sends the example request of the documentation page unchanged. */
async function tryOut(caller: ApiClient, operationId: string, mediaType = 'application/json') {
  const spec = ROUTES.map((route) => route.spec).find((known) => known.operationId === operationId);
  if (spec === undefined) throw new Error(`there is no ${operationId}`);
  const { parameters = [], requestBody } = paths[spec.path]?.[spec.method] ?? {};
  const path = parameters.reduce(
    (filled, { name, example = '' }) => filled.replace(`{${name}}`, example),
    spec.path,
  );
  const body = requestBody?.content[mediaType]?.example;
  const headers = { 'content-type': mediaType, 'idempotency-key': `example-${operationId}` };
  return caller.send(spec.method.toUpperCase(), path, body, headers);
}

test.each([
  ['products.create', 201],
  ['products.update', 200],
  ['inventory.adjust', 201],
  ['inventory.update', 200],
  ['discounts.create', 201],
  ['carts.create', 201],
  ['checkouts.review', 200],
  ['checkouts.create', 202],
  ['buyerTokens.create', 201],
  ['webhooks.create', 201],
] as const)('the example of %s works in the demo shop', async (operationId, status) => {
  expect(await tryOut(seller, operationId)).toMatchObject({ status });
});

test.each(['application/x-ndjson', 'text/csv'])(
  'the example file of type %s can be imported',
  async (type) => {
    const answer = await tryOut(seller, 'products.import', type);
    expect(answer).toMatchObject({ status: 200, body: { created: 1, failed: 0 } });
  },
);

test.each([
  ['apiKeys.create', 201],
  ['shop.update', 200],
] as const)('the example of %s works in the shop’s session', async (operationId, status) => {
  expect(await tryOut(shop, operationId)).toMatchObject({ status });
});

test('the examples of signing up, logging in and changing the password fit together', async () => {
  const opened = await tryOut(api.anonymous, 'auth.signUp');
  expect(opened.status).toBe(201);
  expect((await tryOut(api.anonymous, 'auth.logIn')).status).toBe(200);
  const { accessToken } = opened.body as unknown as { accessToken: string };
  const changed = await tryOut(tokenClient(api.url, accessToken), 'auth.changePassword');
  expect(changed.status).toBe(200);
});
