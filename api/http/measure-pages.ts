import type { Context, Hono, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';

declare module 'hono' {
  interface ContextVariableMap {
    /** Set on requests that a middleware measures. */
    isMeasured: true;
  }
}

/**
 * Paths that are measured here. The routes of the table outside of them measure themselves, because
 * a middleware would cost every checkout some time.
 */
const MEASURED = ['/ops/*', '/metrics', '/docs/*', '/openapi.json', '/draws/*'];

/** Each error has a route of its own. */
const ERROR_PAGES = '/docs/errors/';
/** The label of requests that match no route. */
const UNMATCHED = 'unmatched';
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

interface Measures {
  /** Returns the function that records the answers of a route. */
  recorderFor(method: string, route: string): (status: number, durationMs: number) => void;
}

type Recorder = ReturnType<Measures['recorderFor']>;

/** Records the answers to requests outside of the table of routes, and to routes of operators. */
export interface PageMeter {
  /** Whether requests to the path are measured by the middleware. */
  covers(path: string): boolean;
  /** Records a request that matches no route, unless the middleware measures it. */
  recordUnmatched(c: Context, status: number, durationMs: number): void;
}

/**
 * Mounts a middleware that measures pages, their files, the queue board, and routes of operators
 * including the answers of their guard. Call it before these are mounted.
 * @param board the pattern of the queue board, whose routes are those of another app
 */
export function measurePages(app: Hono, metrics: Measures, board: string): PageMeter {
  const recorders = new Map<string, Recorder>();
  const record = (c: Context, route: string, status: number, durationMs: number) => {
    const method = toMethod(c.req.method);
    const key = `${method} ${route}`;
    const recorder = recorders.get(key) ?? metrics.recorderFor(method, route);
    recorders.set(key, recorder);
    recorder(status, durationMs);
  };
  const measure: MiddlewareHandler = async (c, next) => {
    const startedAt = performance.now();
    c.set('isMeasured', true);
    await next();
    record(c, toLabel(c, board), c.res.status, performance.now() - startedAt);
  };
  for (const path of MEASURED) app.use(path, measure);
  const covered = MEASURED.map((path) => path.replace('/*', ''));
  return {
    covers: (path) => covered.some((each) => path === each || path.startsWith(`${each}/`)),
    recordUnmatched: (c, status, durationMs) => {
      if (c.get('isMeasured') !== true) record(c, UNMATCHED, status, durationMs);
    },
  };
}

/** Returns the pattern of the route, so that there are no more labels than routes. */
function toLabel(c: Context, board: string): string {
  const matched = matchedRoutes(c);
  if (matched.some(({ path }) => path === board)) return board;
  // Middleware is mounted for all methods.
  const route = matched.findLast(({ method }) => method !== 'ALL');
  if (route === undefined) return UNMATCHED;
  if (route.path.startsWith(ERROR_PAGES)) return `${ERROR_PAGES}{code}`;
  return route.path.replace(/:(\w+)/g, '{$1}');
}

/** Answers to HEAD are those to GET. Clients can invent methods, which must not become labels. */
function toMethod(method: string): string {
  if (method === 'HEAD') return 'GET';
  return METHODS.includes(method) ? method : 'other';
}
