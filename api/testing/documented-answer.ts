import { expect } from 'vitest';
import type { ApiAnswer } from '../../shared/testing/api-client.ts';
import { describeRoutes } from '../docs/describe-routes.ts';
import { problem } from '../docs/problem-schema.ts';
import type { Route } from '../http/route.ts';
import { ROUTES } from '../routes.ts';

interface Described {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly responses: Readonly<Record<string, unknown>> }>>
    >
  >;
}

const { paths } = describeRoutes(ROUTES) as Described;

/** Expects that a real answer matches the OpenAPI document, without undocumented members. */
export function expectDocumented({ spec }: Route, answer: ApiAnswer<unknown>): void {
  const { status, headers, body } = answer;
  const described = paths[spec.path]?.[spec.method]?.responses ?? {};
  expect(Object.keys(described)).toContain(String(status));
  // The guard of the operators' pages refuses before requests are counted.
  const isCounted = !('operator' in spec.access) || status !== 401;
  const common = ['x-request-id', ...(isCounted ? ['ratelimit', 'ratelimit-policy'] : [])];
  for (const name of common) expect([name, headers.has(name)]).toEqual([name, true]);
  const response = spec.responses[status];
  for (const name of Object.keys(response?.headers ?? {})) {
    // Only responses to repeated requests have this header.
    if (name === 'Idempotent-Replayed') continue;
    // A checkout has this header while it is queued or waits; a refusal always has it.
    const isExpected = name !== 'Retry-After' || status >= 400 || isOpen(body);
    expect([name, headers.has(name)]).toEqual([name, isExpected]);
  }
  const type = (headers.get('content-type') ?? '').split(';')[0];
  if (response?.media !== undefined) {
    expect(Object.keys(response.media)).toContain(type);
    return;
  }
  const schema = response?.schema ?? (status >= 400 ? problem : undefined);
  if (schema === undefined) {
    expect([type, body]).toEqual(['', '']);
    return;
  }
  expect(type).toBe(schema === problem ? 'application/problem+json' : 'application/json');
  // Parsing removes members that the schema does not have.
  expect(schema.safeParse(body)).toEqual({ success: true, data: body });
}

function isOpen(body: unknown): boolean {
  const status = typeof body === 'object' && body !== null && 'status' in body && body.status;
  return status === 'queued' || status === 'waiting';
}
