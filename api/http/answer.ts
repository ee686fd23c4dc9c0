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

/** What answers need. */
export interface AnswerContext {
  /** The path of `PUBLIC_URL`; empty without one. */
  readonly basePath: string;
  readonly log: Logger;
}

/**
 * Sends what a handler answered. `headers` are those of every answer to this request. Handlers name
 * a `location` from our root; callers may reach that below a base path.
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
  const all = {
    ...headers,
    ...reply.headers,
    ...(location !== undefined && { location: `${basePath}${location}` }),
  };
  if (reply.body === undefined) return respond(null, reply.status, all);
  return respond(JSON.stringify(reply.body), reply.status, {
    'content-type': 'application/json',
    ...all,
  });
}

/**
 * Makes a response of plain headers. The server writes these as they are; `c.body` would convert
 * each of them to `Headers` first, which costs several microseconds on every request.
 */
function respond(body: string | null, status: number, headers: Headers): Response {
  return new Response(body, { status, headers });
}

/** Tells the caller what is wrong; what is wrong with us is logged as well. */
export function answerProblem(
  context: AnswerContext,
  c: Context,
  headers: Headers,
  error: unknown,
  access: Access = { anyone: true },
): Response {
  const problem = toProblem(error, headers['x-request-id'] ?? newRequestId());
  const { method, path } = c.req;
  const { requestId } = problem.body;
  if (problem.status === 500) context.log.error({ requestId, method, path, err: error }, 'fault');
  else if (problem.isFault) {
    const reason = errorMessage(error);
    context.log.warn({ requestId, method, path, status: problem.status, reason }, 'unavailable');
  }
  const challenge =
    problem.status < 500 ? toChallenge(error, access, readCredentials(c)) : undefined;
  const all = {
    ...headers,
    ...problem.headers,
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
  };
  return respond(JSON.stringify(problem.body), problem.status, all);
}

function readCredentials({ req }: Context): SentCredentials {
  return { apiKey: req.header('x-api-key'), authorization: req.header('authorization') };
}

/** Answers a request that fails before it meets a route, or where nothing is mounted. */
export function answerUnrouted(context: AnswerContext, c: Context, error?: unknown): Response {
  const refusal = error ?? new RefusedError('not_found', `There is nothing at ${c.req.path}.`);
  const headers = { ...COMMON_HEADERS, 'x-request-id': newRequestId() };
  return answerProblem(context, c, headers, refusal);
}

/**
 * Answers a request that met no route: 405 where the path has other methods, 404 where it has none.
 * OPTIONS gets the list, since some balancers use it to ask whether a server is there.
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
  const detail = `${c.req.path} has no ${c.req.method}.`;
  const refusal = new RefusedError('method_not_allowed', detail);
  return answerProblem(context, c, headers, refusal);
}
