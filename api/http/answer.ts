import type { Context } from 'hono';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { ApiContext } from '../context.ts';
import { problemOf } from './problem.ts';
import { newRequestId } from './request-id.ts';
import type { Reply } from './route.ts';

type Headers = Readonly<Record<string, string>>;

/** Sends what a handler answered. `headers` are those of every answer to this request. */
export function answer(c: Context, headers: Headers, reply: Reply): Response {
  if (reply instanceof Response) {
    for (const [name, value] of Object.entries(headers)) reply.headers.set(name, value);
    return reply;
  }
  const all = { ...headers, ...reply.headers };
  if (reply.body === undefined) return c.body(null, reply.status as never, all);
  return c.body(JSON.stringify(reply.body), reply.status as never, {
    'content-type': 'application/json',
    ...all,
  });
}

/** Tells the caller what is wrong; what is wrong with us is logged as well. */
export function answerProblem(
  context: ApiContext,
  c: Context,
  headers: Headers,
  error: unknown,
): Response {
  const problem = problemOf(error, headers['x-request-id'] ?? newRequestId());
  const { method, path } = c.req;
  const { requestId } = problem.body;
  if (problem.status === 500) context.log.error({ requestId, method, path, err: error }, 'fault');
  else if (problem.isFault) {
    const reason = error instanceof Error ? error.message : String(error);
    context.log.warn({ requestId, method, path, status: problem.status, reason }, 'unavailable');
  }
  const all = { ...headers, ...problem.headers };
  return c.body(JSON.stringify(problem.body), problem.status as never, all);
}

/** What is answered where there is no route, or when a request fails before it meets one. */
export function answerOutside(context: ApiContext, c: Context, error?: unknown): Response {
  const refusal = error ?? new RefusedError('not_found', `There is nothing at ${c.req.path}.`);
  return answerProblem(context, c, { 'x-request-id': newRequestId() }, refusal);
}
