import type { ErrorCode } from '../../shared/domain/errors.ts';
import { codesWithStatus } from '../http/problem.ts';
import type { Route } from '../http/route.ts';
import { type SharedHeader, toSharedHeaders } from './headers.ts';

/** A refusal whose description the routes share. */
interface Refusal {
  readonly name: string;
  readonly description: string;
  readonly headers?: readonly SharedHeader[];
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  400: { name: 'BadRequest', description: 'Bad input: `errors` lists the fields.' },
  401: {
    name: 'Unauthorized',
    description: 'No valid key, token or login.',
    headers: ['WWW-Authenticate'],
  },
  403: { name: 'Forbidden', description: 'Not allowed for this caller.' },
  404: { name: 'NotFound', description: 'Not found, or not visible to the caller.' },
  408: { name: 'RequestTimeout', description: 'The body did not arrive in time.' },
  409: {
    name: 'Conflict',
    description: 'The request conflicts with the current state.',
    headers: ['Retry-After'],
  },
  412: {
    name: 'PreconditionFailed',
    description: 'The resource has changed since the state in `If-Match`.',
  },
  413: { name: 'ContentTooLarge', description: 'The body is too large.' },
  415: {
    name: 'UnsupportedMediaType',
    description: 'The type of the body is not supported.',
  },
  422: {
    name: 'UnprocessableContent',
    description: 'The input is well-formed but cannot be processed.',
  },
  429: {
    name: 'TooManyRequests',
    description: 'The quota is used up, or there were too many attempts.',
    headers: ['Retry-After'],
  },
  500: { name: 'InternalServerError', description: 'A fault of the system.' },
  503: {
    name: 'ServiceUnavailable',
    description: 'Overloaded, or MongoDB cannot be reached. The outcome may be unknown.',
    headers: ['Retry-After'],
  },
};

type SharedResponse = {
  readonly description: string;
  readonly headers: ReturnType<typeof toSharedHeaders>;
  readonly content: typeof PROBLEM;
};

interface ResponseReference {
  readonly $ref: string;
  readonly description?: string;
}

const PROBLEM = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
};

/** Statuses that any request can get before it reaches its handler. */
const EVERYWHERE = ['400', '408', '413', '415', '429', '500', '503'];

/** Returns the shared refusals, for `components.responses`. */
export function toRefusalComponents(): Record<string, SharedResponse> {
  const listed = Object.entries(REFUSALS).map(([status, { name, description, headers = [] }]) => {
    const codes = codesWithStatus(Number(status));
    const codeList = codes.length === 0 ? '' : ` Codes: ${joinCodes(codes)}.`;
    const response = {
      description: `${description}${codeList}`,
      headers: toSharedHeaders(...headers),
      content: PROBLEM,
    };
    return [name, response] as const;
  });
  const otherRefusal = {
    description: 'Any other refusal.',
    headers: toSharedHeaders(),
    content: PROBLEM,
  };
  return { ...Object.fromEntries(listed), OtherRefusal: otherRefusal };
}

const joinCodes = (codes: readonly ErrorCode[]) => codes.map((code) => `\`${code}\``).join(', ');

/**
 * Returns the refusals of a route by status: those of every route, those of its authentication, and
 * those that the route describes. Leaves out a refusal that has a schema of its own.
 */
export function listRefusals({
  access,
  responses,
}: Route['spec']): Record<string, ResponseReference> {
  const statuses = new Set(EVERYWHERE);
  if ('callers' in access || 'operator' in access)
    for (const status of ['401', '403']) statuses.add(status);
  const described = Object.entries(responses).filter(([status]) => status in REFUSALS);
  for (const [status, { schema }] of described) {
    if (schema === undefined) statuses.add(status);
    else statuses.delete(status);
  }
  const descriptions = new Map(described.map(([status, { description }]) => [status, description]));
  return Object.fromEntries(
    [...statuses].map((status) => [status, reference(status, descriptions.get(status))]),
  );
}

function reference(status: string, description: string | undefined): ResponseReference {
  const $ref = `#/components/responses/${REFUSALS[status]?.name ?? ''}`;
  return description === undefined ? { $ref } : { $ref, description };
}
