import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { DeadlineError, withDeadline } from '../shared/runtime/deadline.ts';
import { authenticate, type Caller } from './access/authenticate.ts';
import type { ApiContext } from './context.ts';
import { type Access, checkAccess } from './http/access.ts';
import { answer, answerProblem } from './http/answer.ts';
import { COMMON_HEADERS } from './http/common-headers.ts';
import { toPresentedRequest } from './http/node-request.ts';
import { ANONYMOUS } from './http/principal.ts';
import { lateBody, RequestBody } from './http/request-body.ts';
import { newRequestId } from './http/request-id.ts';
import type { Lane, Route } from './http/route.ts';
import { validate, validateQuery } from './http/validate.ts';
import { countAddress, countCaller } from './limits/count-request.ts';
import { admitOperator } from './ops/operator-login.ts';

/** Every request is answered within this time, even if MongoDB or Redis hangs. */
const ANSWER_TIMEOUT_MS = 8_000;

/** A request in progress. Its answer gets the `headers`. */
interface ActiveRequest {
  readonly route: Route<ApiContext>;
  readonly lane: Lane;
  readonly c: Context;
  readonly requestBody: RequestBody;
  readonly receivedAt: Date;
  readonly requestId: string;
  readonly headers: Record<string, string>;
}

/** Serves one request within its time limit. Every error becomes a problem document. */
export async function dispatch(
  context: ApiContext,
  route: Route<ApiContext>,
  c: Context,
): Promise<Response> {
  const requestId = newRequestId();
  const headers = { ...COMMON_HEADERS, 'x-request-id': requestId };
  const { lane = 'other' } = route.spec;
  const requestBody = new RequestBody(c);
  const receivedAt = context.clock.now();
  const request = { route, lane, c, requestBody, receivedAt, requestId, headers };
  let serving: Promise<Response> | undefined;
  try {
    context.load.check(lane);
    const { timeoutMs = ANSWER_TIMEOUT_MS, extraMs } = route.spec;
    const answerMs = timeoutMs + (extraMs?.(c) ?? 0);
    serving = serve(context, request);
    return await withDeadline('the answer', answerMs, serving);
  } catch (failure) {
    // A late answer reaches no one. If its body is a stream, cancelling it releases the stream’s
    // slot.
    serving?.then((late) => late.body?.cancel()).catch(() => undefined);
    // The client has not sent its body, so neither MongoDB nor Redis is to blame.
    const isBodyLate = failure instanceof DeadlineError && requestBody.giveUp();
    const error = isBodyLate ? lateBody() : failure;
    context.load.recordIfShed(error);
    return answerProblem(context, c, headers, error, route.spec.access);
  }
}

/**
 * Runs the steps that all routes share: count the request, authenticate the caller, validate the
 * input, run the handler, answer.
 */
async function serve(context: ApiContext, request: ActiveRequest): Promise<Response> {
  const { route, lane, c, requestBody, headers, receivedAt, requestId } = request;
  const address = context.readAddress(c);
  await countAddress(context, headers, address);
  const incoming = { c, address, requestBody };
  const { principal, checkStillAuthorized } = await authorize(context, route.spec.access, incoming);
  await countCaller(context, headers, principal);
  const { query = NO_PARAMETERS, params } = route.spec;
  const input = {
    principal,
    checkStillAuthorized,
    receivedAt,
    requestId,
    address,
    context,
    requestBody,
    c,
    params: params === undefined ? undefined : validate(params, c.req.param()),
    query: validateQuery(query, c.req),
    body: await readBody(requestBody, route),
  };
  // A request counts only after its body is read, so slow bodies do not keep other requests out.
  const leave = context.load.enter(lane);
  try {
    return answer(context, headers, await route.handle({ ...input, beginWaiting: leave }));
  } finally {
    leave();
  }
}

/** The schemas of routes without their own: no query parameters, and no fields in a body. */
const NO_PARAMETERS = z.strictObject({});
const NO_FIELDS = z.strictObject({}).optional();

/** Reads and validates the body, unless the handler reads it as it arrives. */
async function readBody(requestBody: RequestBody, { spec }: Route): Promise<unknown> {
  const { body, upload, isBodyOptional = false } = spec;
  if (upload !== undefined) return undefined;
  if (body === undefined) return validate(NO_FIELDS, await requestBody.jsonIfSent());
  return validate(body, await (isBodyOptional ? requestBody.jsonOrNothing() : requestBody.json()));
}

interface IncomingRequest {
  readonly c: Context;
  readonly address: string;
  readonly requestBody: RequestBody;
}

/** Authenticates the caller and checks that it may call the route. */
async function authorize(
  context: ApiContext,
  access: Access,
  { c, address, requestBody }: IncomingRequest,
): Promise<Caller> {
  const checkStillAuthorized = async () => undefined;
  if ('anyone' in access) return { principal: ANONYMOUS, checkStillAuthorized };
  if ('operator' in access) {
    const credentials = { authorization: c.req.header('authorization'), address };
    return { principal: await admitOperator(context, credentials), checkStillAuthorized };
  }
  const presented = toPresentedRequest(c, requestBody, context.basePath);
  const caller = await authenticate(context, presented);
  checkAccess(access, caller.principal);
  return caller;
}
