import type { Context, Hono, MiddlewareHandler } from 'hono';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { answerUnrouted } from '../../http/answer.ts';
import type { Principal } from '../../http/principal.ts';
import { newRequestId } from '../../http/request-id.ts';
import { addSecurityHeaders } from '../../http/security-headers.ts';
import { BOARD_PATH, type OpsContext } from '../context.ts';
import { DEMO_SALE_PATH } from '../demo/demo-sale.ts';
import { mountObservatory } from '../observatory/mount-observatory.ts';
import { admitOperator, mayChange } from '../operator-login.ts';
import { auditChange, RefusedLogins } from './audit-calls.ts';
import { isCrossSite, isReading } from './same-site.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** The operator that the guard has admitted. */
    operator: Principal;
  }
}

/**
 * Mounts the guard, the observatory and the queue board. Call it before other routes are mounted:
 * routes that are mounted earlier are not guarded.
 */
export function mountOps(app: Hono, context: OpsContext): void {
  const guard = guardOps(context);
  app.use('/ops/*', guard);
  app.use('/metrics', guard);
  mountObservatory(app, context);
  const boards = new Map<boolean, Hono>();
  app.all(`${BOARD_PATH}/*`, async (c) => {
    const isWritable = mayChange(context, c.get('operator'));
    const board = boards.get(isWritable) ?? (await loadBoard(context, isWritable));
    boards.set(isWritable, board);
    return board.fetch(c.req.raw, c.env);
  });
}

/**
 * Creates the board as a separate app, because its routes would force the whole API onto a slower
 * router. Loads bull-board only at the first request: it loads a second BullMQ, which takes 0.15 s.
 */
async function loadBoard(context: OpsContext, isWritable: boolean): Promise<Hono> {
  const { createQueueBoard } = await import('../board/queue-board.ts');
  const board = createQueueBoard(context, isWritable);
  board.notFound((c) => answerUnrouted(context, c));
  board.onError((error, c) => answerUnrouted(context, c, error));
  return board;
}

/**
 * Guards every page and route for operators. It requires the login, refuses requests that other
 * sites cause, refuses changes unless they are switched on and the operator is an admin, and makes
 * every answer private.
 */
function guardOps(context: OpsContext): MiddlewareHandler {
  const refusedLogins = new RefusedLogins(context);
  return async (c, next) => {
    const refusal = await findRefusal(context, c);
    if (refusal === undefined) await next();
    else c.res = answerUnrouted(context, c, refusal);
    const { headers, status } = c.res;
    addSecurityHeaders(headers);
    headers.set('cache-control', 'no-store');
    const requestId = headers.get('x-request-id') ?? newRequestId();
    headers.set('x-request-id', requestId);
    const { method, path } = c.req;
    const call = { requestId, address: context.readAddress(c), method, path, status, refusal };
    await refusedLogins.record(c.req.header('authorization'), call);
    if (isReading(method)) return;
    context.log.info({ requestId, method, path, status }, 'ops action');
    // Requests without a login are not recorded, so that they cannot fill the audit log.
    const operator: Principal | undefined = c.get('operator');
    if (operator !== undefined) await auditChange(context, operator, call);
  };
}

async function findRefusal(context: OpsContext, c: Context): Promise<RefusedError | undefined> {
  try {
    const authorization = c.req.header('authorization');
    const address = context.readAddress(c);
    const operator = await admitOperator(context, { authorization, address });
    c.set('operator', operator);
    refuseCrossSite(c);
    refuseChanges(context, c.req, operator);
    return undefined;
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
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
  throw new RefusedError('cross_site_request', 'A page of another site caused this request.');
}

/**
 * Refuses a change that the operator may not make. Admins may always start a demo sale, which
 * changes only its own shop and is possible only outside production.
 */
function refuseChanges(
  context: OpsContext,
  { method, path }: Pick<Context['req'], 'method' | 'path'>,
  operator: Principal,
): void {
  if (isReading(method) || mayChange(context, operator)) return;
  if (path === DEMO_SALE_PATH && operator.role === 'admin') return;
  const detail =
    operator.role === 'admin'
      ? 'Changes are switched off. OPS_BOARD_WRITABLE=true allows them.'
      : 'This operator may only read.';
  throw new RefusedError('ops_read_only', detail);
}
