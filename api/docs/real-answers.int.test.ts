import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiAnswer } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import type { Route } from '../http/route.ts';
import { ROUTES } from '../routes.ts';
import { expectDocumented } from '../testing/documented-answer.ts';
import {
  givenOwnedResources,
  nameOfRoute,
  type OwnedResources,
  ROUTE_EXAMPLES,
  type RouteExample,
} from '../testing/route-examples.ts';
import { startTestApi, TEST_OPERATOR, type TestApi } from '../testing/start-test-api.ts';

type Headers = Readonly<Record<string, string>>;

const namespace = testNamespace();
let api: TestApi;
let owned: OwnedResources;

beforeAll(async () => {
  api = await startTestApi(namespace, { isOpsWritable: true });
  owned = await givenOwnedResources(api, api.shopA);
});
afterAll(() => api?.close());

/** Returns the credentials for a route: of the owner, of an operator, or none. */
function credentials({ spec: { access } }: Route): Headers {
  if ('operator' in access) {
    const { username, password } = TEST_OPERATOR;
    return { authorization: `Basic ${btoa(`${username}:${password}`)}` };
  }
  if (!('callers' in access)) return {};
  if (access.callers.includes('key')) return { 'x-api-key': api.shopA.apiKey };
  return { authorization: `Bearer ${owned.accessToken}` };
}

function call(
  { spec }: Route,
  { params = {}, query = {}, body, headers = {} }: RouteExample,
  more: { readonly headers: Headers; readonly query?: Headers },
): Promise<ApiAnswer<unknown>> {
  const path = spec.path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? 'unknown');
  const type = spec.upload === undefined ? {} : { 'content-type': 'application/x-ndjson' };
  const sentHeaders = { ...type, ...headers, ...more.headers };
  return api.anonymous.send(
    spec.method.toUpperCase(),
    `${path}?${new URLSearchParams({ ...query, ...more.query })}`,
    body,
    sentHeaders,
  );
}

const isRead = ({ spec }: Route) => spec.method === 'get';
/** All routes. Routes that only read come first and share their data. */
const SORTED = [...ROUTES.filter(isRead), ...ROUTES.filter((route) => !isRead(route))];

describe.each(SORTED.map((route) => [nameOfRoute(route), route] as const))('%s', (name, route) => {
  const example = (): RouteExample => ROUTE_EXAMPLES[name]?.(owned) ?? {};

  test('refusals match the OpenAPI document', async () => {
    const headers = credentials(route);
    const request = { ...example(), params: {} };
    const answers = [
      await call(route, request, { headers }),
      await call(route, request, { headers, query: { nonsense: '1' } }),
      await call(route, request, { headers: {} }),
    ];
    if (route.spec.method !== 'get') {
      answers.push(await call(route, { ...request, body: { nonsense: 1 } }, { headers }));
    }
    for (const answer of answers) expectDocumented(route, answer);
  });

  test('the answer matches the OpenAPI document', async () => {
    // New resources, because the call of another route may have ended or moved the earlier ones.
    if (!isRead(route)) owned = await givenOwnedResources(api, api.shopA);
    const answer = await call(route, example(), { headers: credentials(route) });
    expect(answer.status).toBeLessThan(500);
    expectDocumented(route, answer);
  });
});
