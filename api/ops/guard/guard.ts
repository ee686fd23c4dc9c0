import type { Context, MiddlewareHandler } from 'hono';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { answerOutside } from '../../http/answer.ts';
import { newRequestId } from '../../http/request-id.ts';
import { addSecurityHeaders } from '../../http/security-headers.ts';
import { BOARD_PATH } from '../board/board-path.ts';
import type { OpsContext } from '../context.ts';
import { admitOperator, OPERATOR } from '../operator-login.ts';
import { isCrossSite, isReading } from './same-site.ts';

/**
 * Stands before everything that is for operators, so that no page and no route behind it can be
 * forgotten: it asks for the login, keeps other sites out, lets nothing be changed unless that is
 * switched on, and makes every answer private.
 */
export function guardOps(context: OpsContext): MiddlewareHandler {
  return async (c, next) => {
    const refusal = await refusalOf(context, c);
    if (refusal === undefined) await next();
    else c.res = answerOutside(context, c, refusal);
    const { headers, status } = c.res;
    addSecurityHeaders(headers);
    headers.set('cache-control', 'no-store');
    const requestId = headers.get('x-request-id') ?? newRequestId();
    headers.set('x-request-id', requestId);
    const { method, path } = c.req;
    if (isReading(method)) return;
    context.log.info({ requestId, method, path, status }, 'ops action');
    if (path.startsWith(BOARD_PATH) && !isUnknown(refusal)) {
      const address = context.readAddress(c);
      const request = { context, principal: OPERATOR, requestId, address };
      const outcome = status < 400 ? 'done' : 'refused';
      await recordAudit(request, 'ops.job_changed', { target: path, outcome, detail: { method } });
    }
  };
}

async function refusalOf(context: OpsContext, c: Context): Promise<RefusedError | undefined> {
  try {
    await admitOperator(context, c);
    refuseCrossSite(c);
    refuseChanges(context, c);
    return undefined;
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
}

/** Whoever is not known as an operator cannot fill the record with what was refused. */
function isUnknown(refusal: RefusedError | undefined): boolean {
  return refusal?.code === 'operator_required' || refusal?.code === 'too_many_guesses';
}

function refuseCrossSite(c: Context): void {
  const source = {
    method: c.req.method,
    host: c.req.header('host'),
    origin: c.req.header('origin'),
    secFetchSite: c.req.header('sec-fetch-site'),
    secFetchMode: c.req.header('sec-fetch-mode'),
  };
  if (!isCrossSite(source)) return;
  throw new RefusedError('cross_site_request', 'This was asked for by a page of another site.');
}

function refuseChanges(context: OpsContext, c: Context): void {
  if (isReading(c.req.method) || context.config.ops.isWritable) return;
  const detail = 'Operators may only look here. OPS_BOARD_WRITABLE=true lets them change things.';
  throw new RefusedError('ops_read_only', detail);
}
