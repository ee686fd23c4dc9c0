import { type Context, Hono } from 'hono';
import type { ApiContext } from './context.ts';
import { dispatch } from './dispatch.ts';
import { describeRoutes } from './docs/describe-routes.ts';
import { mountDocs } from './docs/mount-docs.ts';
import { mountDrawPage } from './draws/mount-draw-page.ts';
import { createMethodFinder } from './http/allowed-methods.ts';
import { answerNoRoute, answerUnrouted } from './http/answer.ts';
import { createPathReader } from './http/base-path.ts';
import { COMMON_HEADERS } from './http/common-headers.ts';
import { mountCors } from './http/cors.ts';
import { measurePages, type PageMeter } from './http/measure-pages.ts';
import { newRequestId } from './http/request-id.ts';
import type { Route } from './http/route.ts';
import { traceRequest } from './http/trace-request.ts';
import { BOARD_PATH } from './ops/context.ts';
import { mountOps } from './ops/guard/guard.ts';
import { ROUTES } from './routes.ts';

/** The description changes only with a new version. */
const DESCRIPTION_CACHE = 'public, max-age=300';

/** Creates the API as a Hono app: all routes, their description, and 404 for other paths. */
export function createApp(context: ApiContext): Hono {
  const app = new Hono({ getPath: createPathReader(context.basePath) });
  mountCors(app, context.config.corsOrigins);
  const meter = measurePages(app, context.ops.metrics, `${BOARD_PATH}/*`);
  mountOps(app, context);
  for (const route of ROUTES) mount(app, context, route, meter);
  app.get('/openapi.json', (c) => {
    const headers = { ...COMMON_HEADERS, 'cache-control': DESCRIPTION_CACHE };
    const description = describeOnce(context.config.publicUrl);
    return c.json(description, 200, { ...headers, 'x-request-id': newRequestId() });
  });
  mountDocs(app);
  mountDrawPage(app);
  const allowedMethods = createMethodFinder(app.routes);
  app.notFound((c) => {
    const startedAt = performance.now();
    const response = answerNoRoute(context, c, allowedMethods(c.req.path));
    meter.recordUnmatched(c, response.status, performance.now() - startedAt);
    return response;
  });
  app.onError((error, c) => answerUnrouted(context, c, error));
  return app;
}

const descriptions = new Map<string | undefined, object>();

/**
 * Returns the OpenAPI description. Creating it takes 0.1 s, so it is created at the first request.
 */
function describeOnce(publicUrl: string | undefined): object {
  const description = descriptions.get(publicUrl) ?? describeRoutes(ROUTES, publicUrl);
  descriptions.set(publicUrl, description);
  return description;
}

function mount(app: Hono, context: ApiContext, route: Route<ApiContext>, meter: PageMeter): void {
  const path = route.spec.path.replace(/\{(\w+)\}/g, ':$1');
  const method = route.spec.method.toUpperCase();
  const record = meter.covers(route.spec.path)
    ? undefined
    : context.ops.metrics.recorderFor(method, route.spec.path);
  const serve = createServe(context, route, method);
  app.on(method, path, async (c) => {
    const startedAt = performance.now();
    const response = await serve(c);
    record?.(response.status, performance.now() - startedAt);
    if (c.req.method !== 'HEAD') return response;
    // The answer to HEAD has no body; cancelling a stream releases its resources.
    const { status, headers, body } = response;
    await body?.cancel();
    return new Response(null, { status, headers });
  });
}

/** Probes come every few seconds, and their traces would hide the others. */
const UNTRACED_TAG = 'system';

/** Returns the function that serves requests of the route, with traces if they are configured. */
function createServe(
  context: ApiContext,
  route: Route<ApiContext>,
  method: string,
): (c: Context) => Promise<Response> {
  const { tracing } = context;
  const { path, tag } = route.spec;
  if (tracing === undefined || tag === UNTRACED_TAG) return (c) => dispatch(context, route, c);
  return (c) => traceRequest(tracing, c, { method, path }, () => dispatch(context, route, c));
}
