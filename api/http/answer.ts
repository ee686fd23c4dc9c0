import type { Context } from 'hono';
import { RefusedError } from '../../shared/domain/errors.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import type { Access } from './access.ts';
import { type SentCredentials, toChallenge } from './challenge.ts';
import { COMMON_HEADERS } from './common-headers.ts';
import { toProblem } from './problem.ts';
import { newRequestId } from './request-id.ts';
import type { Reply } from './route.ts';

type Headers = Readonly<Record<string, string>>;

/** The part of the context that answers need. */
export interface AnswerContext {
  /** The path of `PUBLIC_URL`; empty if there is none. */
  readonly basePath: string;
  readonly log: Logger;
}

/**
 * Converts a handler's reply to a response, and adds `headers`. A handler sets `location` relative
 * to the root of the API; this function adds the base path.
 */
export function answer(
  { basePath }: Pick<AnswerContext, 'basePath'>,
  headers: Headers,
  reply: Reply,
): Response {
  if (reply instanceof Response) {
    for (const [name, value] of Object.entries(headers)) reply.headers.set(name, value);
    return reply;
  }
  const location = basePath === '' ? undefined : reply.headers?.['location'];
  const allHeaders = {
    ...headers,
    ...reply.headers,
    ...(location !== undefined && { location: `${basePath}${location}` }),
  };
  if (reply.body === undefined) return respond(null, reply.status, allHeaders);
  return respond(JSON.stringify(reply.body), reply.status, {
    'content-type': 'application/json',
    ...allHeaders,
  });
}

/**
 * Creates a response from plain headers. The server writes them unchanged; `c.body` would convert
 * them to `Headers` first, which costs several microseconds per request.
 */
function respond(body: string | null, status: number, headers: Headers): Response {
  return new Response(body, { status, headers });
}

/** Answers an error with a problem document. Also logs faults of the system. */
export function answerProblem(
  context: AnswerContext,
  c: Context,
  headers: Headers,
  error: unknown,
  access: Access = { anyone: true },
): Response {
  const problem = toProblem(error, headers['x-request-id'] ?? newRequestId(), context.basePath);
  const { method, path } = c.req;
  const { requestId } = problem.body;
  if (problem.status === 500) context.log.error({ requestId, method, path, err: error }, 'fault');
  else if (problem.isFault) {
    const reason = errorMessage(error);
    context.log.warn({ requestId, method, path, status: problem.status, reason }, 'unavailable');
  }
  const challenge =
    problem.status < 500 ? toChallenge(error, access, readCredentials(c)) : undefined;
  const allHeaders = {
    ...headers,
    ...problem.headers,
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
  };
  return respond(JSON.stringify(problem.body), problem.status, allHeaders);
}

function readCredentials({ req }: Context): SentCredentials {
  return { apiKey: req.header('x-api-key'), authorization: req.header('authorization') };
}

/** Answers a request that fails before it reaches a route, or that matches no route. */
export function answerUnrouted(context: AnswerContext, c: Context, error?: unknown): Response {
  const refusal = error ?? new RefusedError('not_found', `There is nothing at ${c.req.path}.`);
  const headers = { ...COMMON_HEADERS, 'x-request-id': newRequestId() };
  return answerProblem(context, c, headers, refusal);
}

/**
 * Answers a request that matches no route: 405 if the path has other methods, otherwise 404.
 * Answers OPTIONS with the methods of the path, because some load balancers send OPTIONS as a
 * health check.
 */
export function answerNoRoute(
  context: AnswerContext,
  c: Context,
  methods: readonly string[],
): Response {
  if (methods.length === 0) return answerUnrouted(context, c);
  const headers = {
    ...COMMON_HEADERS,
    'x-request-id': newRequestId(),
    allow: methods.join(', '),
  };
  if (c.req.method === 'OPTIONS') return respond(null, 204, headers);
  const detail = `${c.req.path} does not support ${c.req.method}.`;
  const refusal = new RefusedError('method_not_allowed', detail);
  return answerProblem(context, c, headers, refusal);
}
