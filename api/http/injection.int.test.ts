import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { ROUTES } from '../routes.ts';
import {
  givenOwnedResources,
  nameOfRoute,
  type OwnedResources,
  ROUTE_EXAMPLES,
} from '../testing/route-examples.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

/** Values that a database or a runtime might interpret as more than text. */
const PAYLOADS: readonly unknown[] = [
  ...['$ne', '$gt', '$gte', '$lt', '$in', '$nin', '$exists', '$regex', '$where', '$nor', '$or'].map(
    (operator) => ({ [operator]: operator === '$in' || operator === '$nin' ? [] : '' }),
  ),
  { $not: { $eq: 1 } },
  { $expr: { $eq: [1, 1] } },
  { $function: { body: 'return true', args: [], lang: 'js' } },
  { $jsonSchema: {} },
  { $text: { $search: 'a' } },
  { $type: 'string' },
  { $elemMatch: {} },
  { $all: [] },
  { $size: 0 },
  { $mod: [1, 0] },
  { $comment: 'x' },
  { $set: { status: 'published' } },
  { $inc: { onHand: 1 } },
  { $ref: 'shops', $id: 1 },
  { $oid: '000000000000000000000000' },
  { $numberInt: '1' },
  { constructor: { prototype: {} } },
  JSON.parse('{"__proto__":{"isAdmin":true}}'),
  { toString: 'x' },
  { length: 1 },
  { _bsontype: 'ObjectId' },
  [],
  [''],
  [[]],
  [{ $ne: null }],
  null,
  true,
  {},
  { a: { $ne: null } },
];

const namespace = testNamespace();
const routesWithBody = ROUTES.filter(
  ({ spec }) => spec.body !== undefined && 'callers' in spec.access,
);

let api: TestApi;
let resources: OwnedResources;

beforeAll(async () => {
  api = await startTestApi(namespace);
  resources = await givenOwnedResources(api, api.shopA);
});
afterAll(() => api.close());

describe.each(routesWithBody.map((route) => [nameOfRoute(route), route] as const))(
  '%s',
  (name, route) => {
    const isForKeys = 'callers' in route.spec.access && route.spec.access.callers.includes('key');

    const send = (body: unknown, query = ''): Promise<Response> => {
      const { params = {}, headers = {} } = ROUTE_EXAMPLES[name]?.(resources) ?? {};
      const path = route.spec.path.replace(/\{(\w+)\}/g, (_, key: string) => params[key] ?? '');
      const credentials = isForKeys
        ? { 'x-api-key': api.shopA.apiKey }
        : { authorization: `Bearer ${resources.accessToken}` };
      return fetch(`${api.url}${path}${query}`, {
        method: route.spec.method.toUpperCase(),
        headers: { ...headers, ...credentials, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    };

    test(`each of ${PAYLOADS.length} payloads in place of a text is refused unless it is an allowed null, and the error names the field`, async () => {
      const example = ROUTE_EXAMPLES[name]?.(resources).body ?? {};
      for (const path of listTextPaths(example)) {
        for (const payload of PAYLOADS) {
          const sent = replaceAt(example, path, payload);
          // Null is a valid value of some fields.
          if (payload === null && route.spec.body?.safeParse(sent).success) continue;
          const response = await send(sent);
          const problem = (await response.json()) as { errors?: { path: string }[] };
          expect([path, payload, response.status]).toEqual([path, payload, 400]);
          expect(problem.errors?.some((field) => field.path.startsWith(path[0] ?? ''))).toBe(true);
        }
      }
    });

    test('an unknown field is refused, and the error names the field', async () => {
      const example = ROUTE_EXAMPLES[name]?.(resources).body ?? {};
      const response = await send({ ...example, isAdmin: true });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        code: 'invalid_request',
        errors: [{ path: 'isAdmin' }],
      });
    });
  },
);

const routesWithQuery = ROUTES.filter(
  ({ spec }) => spec.query !== undefined && 'callers' in spec.access,
);

test.each(routesWithQuery.map((route) => [nameOfRoute(route), route] as const))(
  '%s refuses operators in query parameters',
  async (name, route) => {
    const { params = {} } = ROUTE_EXAMPLES[name]?.(resources) ?? {};
    const path = route.spec.path.replace(/\{(\w+)\}/g, (_, key: string) => params[key] ?? '');
    const isForKeys = 'callers' in route.spec.access && route.spec.access.callers.includes('key');
    const headers: Record<string, string> = isForKeys
      ? { 'x-api-key': api.shopA.apiKey }
      : { authorization: `Bearer ${resources.accessToken}` };
    for (const query of [
      'status[$ne]=x',
      'filter[$where]=1',
      'cursor[$gt]=',
      '__proto__[a]=1',
      'limit[$gt]=1',
    ]) {
      const { method } = route.spec;
      const response = await fetch(`${api.url}${path}?${query}`, { method, headers });
      await response.body?.cancel();
      expect([query, response.status]).toEqual([query, 400]);
    }
  },
);

/** Returns the paths of all texts in a value. */
function listTextPaths(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value === 'string') return [[...path]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => listTextPaths(inner, [...path, key]));
}

function replaceAt(value: unknown, path: readonly string[], payload: unknown): unknown {
  const [key, ...innerPath] = path;
  if (key === undefined) return payload;
  if (Array.isArray(value)) {
    return value.map((item, index) =>
      String(index) === key ? replaceAt(item, innerPath, payload) : item,
    );
  }
  const object = value as Record<string, unknown>;
  return { ...object, [key]: replaceAt(object[key], innerPath, payload) };
}
