import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { BODY_BYTES_MAX } from '../../shared/contract/limits.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { ROUTES } from '../routes.ts';
import {
  givenOwnedResources,
  nameOfRoute,
  type OwnedResources,
  ROUTE_EXAMPLES,
} from '../testing/route-examples.ts';
import { startTestApi, TEST_OPERATOR, type TestApi } from '../testing/start-test-api.ts';
import type { Route } from './route.ts';

const namespace = testNamespace();
const JSON_TYPE = { 'content-type': 'application/json' };

let api: TestApi;
let resources: OwnedResources;

beforeAll(async () => {
  api = await startTestApi(namespace, { isOpsWritable: true });
  resources = await givenOwnedResources(api, api.shopA);
});
afterAll(() => api.close());

interface Answer {
  readonly status: number;
  readonly body: { readonly code?: string; readonly errors?: readonly { readonly path: string }[] };
}

interface RequestParts {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

/** Sends a request, which may have a body with any method; `fetch` allows none for GET and HEAD. */
function send(route: Route, parts: RequestParts): Promise<Answer> {
  const {
    params = {},
    headers,
    query: requiredQuery = {},
  } = ROUTE_EXAMPLES[nameOfRoute(route)]?.(resources) ?? {};
  const path = route.spec.path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? 'any');
  const { body, query = {}, method = route.spec.method.toUpperCase() } = parts;
  // For GET and DELETE, node:http does not announce the body itself.
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const framing = parts.headers?.['transfer-encoding'] === undefined ? length : {};
  const allHeaders = { ...headers, ...credentialsFor(route), ...framing, ...parts.headers };
  return new Promise((resolve, reject) => {
    const call = request(
      `${api.url}${path}?${new URLSearchParams({ ...requiredQuery, ...query })}`,
      { method, headers: allHeaders },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const isJson = /json/.test(response.headers['content-type'] ?? '');
          const text = Buffer.concat(chunks).toString();
          const parsed = isJson && text !== '' ? JSON.parse(text) : {};
          resolve({ status: response.statusCode ?? 0, body: parsed });
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

function credentialsFor({ spec: { access } }: Route): Readonly<Record<string, string>> {
  if ('operator' in access) {
    const { username, password } = TEST_OPERATOR;
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    return { authorization: `Basic ${basic}` };
  }
  if ('anyone' in access) return {};
  if (access.callers.includes('key')) return { 'x-api-key': api.shopA.apiKey };
  return { authorization: `Bearer ${resources.accessToken}` };
}

const namedRoutes = ROUTES.map((route) => [nameOfRoute(route), route] as const);

test.each(namedRoutes)(
  '%s refuses an unknown query parameter, and the error names it',
  async (_, route) => {
    expect(await send(route, { query: { publishAt: '2027-01-01' } })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path: 'publishAt' }] },
    });
  },
);

const routesWithoutBody = namedRoutes.filter(
  ([, { spec }]) => spec.body === undefined && !spec.upload,
);

describe.each(routesWithoutBody)('%s, which has no body,', (name, route) => {
  const unexpected = JSON.stringify({ publishAt: '2027-01-01T00:00:00Z' });

  test('refuses a body with a field, and the error names the field', async () => {
    const refusal = {
      status: 400,
      body: { code: 'invalid_request', errors: [{ path: 'publishAt' }] },
    };
    expect(await send(route, { body: unexpected, headers: JSON_TYPE })).toMatchObject(refusal);
    const chunked = { ...JSON_TYPE, 'transfer-encoding': 'chunked' };
    expect(await send(route, { body: unexpected, headers: chunked })).toMatchObject(refusal);
  });

  test('refuses a body that is not a JSON object, and a body without a JSON content type', async () => {
    for (const body of ['[]', '[{}]', 'null', '1', '{', '"text"']) {
      expect(await send(route, { body, headers: JSON_TYPE })).toMatchObject({ status: 400 });
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await send(route, { body: 'publishAt=2027', headers: form })).toMatchObject({
      status: 415,
    });
    expect(await send(route, { body: unexpected })).toMatchObject({ status: 415 });
  });

  test('refuses a body that exceeds the limit', async () => {
    const body = `{"a":"${'a'.repeat(BODY_BYTES_MAX)}"}`;
    expect(await send(route, { body, headers: JSON_TYPE })).toMatchObject({ status: 413 });
  });

  test('accepts an empty body and an empty object', async () => {
    if (ROUTE_EXAMPLES[name]?.(resources).isEnding === true || name.endsWith('/events')) return;
    for (const [body, type] of [
      ['{}', 'application/json'],
      ['', 'application/json'],
      ['', 'application/x-www-form-urlencoded'],
    ] as const) {
      const { status } = await send(route, { body, headers: { 'content-type': type } });
      expect([400, 413, 415]).not.toContain(status);
    }
  });
});

test('a HEAD request with a body is refused like a GET request', async () => {
  const orders = ROUTES.find((route) => nameOfRoute(route) === 'GET /v1/orders') as Route;
  const parts = { method: 'HEAD', body: '{"limit":5}', headers: JSON_TYPE };
  expect(await send(orders, parts)).toMatchObject({ status: 400 });
  expect(await send(orders, { method: 'HEAD' })).toMatchObject({ status: 200 });
});

test('a change with an unexpected body has no effect', async () => {
  const { body: created } = await api.shopA.post('/v1/products', {
    ...{ title: 'Not yet', type: 'clothing' },
    variants: [{ sku: 'NOT-YET', price: 100, currency: 'GBP' }],
  });
  const path = `/v1/products/${created.id}`;
  const later = { publishAt: '2027-01-01T00:00:00Z' };
  expect(await api.shopA.post(`${path}/publish`, later)).toMatchObject({ status: 400 });
  expect(await api.shopA.send('DELETE', path, later)).toMatchObject({ status: 400 });
  expect(await api.shopA.get(path)).toMatchObject({ status: 200, body: { status: 'draft' } });
});

test('no input schema accepts unknown fields at any depth', () => {
  const lenient = namedRoutes.flatMap(([name, { spec }]) =>
    [spec.body, spec.query].flatMap((schema) => findLenientObjects(schema).map(() => name)),
  );
  expect(lenient).toEqual([]);
});

/** Returns the object schemas that accept unknown keys, except records. */
function findLenientObjects(schema: unknown, seen = new Set<unknown>()): z.ZodObject[] {
  if (typeof schema !== 'object' || schema === null || seen.has(schema)) return [];
  seen.add(schema);
  if (!(schema instanceof z.ZodType)) {
    return Object.values(schema).flatMap((value) => findLenientObjects(value, seen));
  }
  const isLenient = schema instanceof z.ZodObject && !(schema.def.catchall instanceof z.ZodNever);
  const inner = Object.values(schema.def).flatMap((value) => findLenientObjects(value, seen));
  return isLenient ? [schema, ...inner] : inner;
}
