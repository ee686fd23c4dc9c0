import type { Context, Hono, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';

declare module 'hono' {
  interface ContextVariableMap {
    /** Set on requests that the middleware of `measurePages` measures. */
    isMeasured: true;
  }
}

/**
 * The paths that the middleware measures. Routes of `ROUTES` on other paths measure themselves,
 * because a middleware would make every checkout slower.
 */
const MEASURED = ['/ops/*', '/metrics', '/docs/*', '/openapi.json', '/draws/*'];

/**
 * The path of the pages that explain errors. Each page has its own route, but all share one label.
 */
const ERROR_PAGES = '/docs/errors/';
/** The label of requests that match no route. */
const UNMATCHED = 'unmatched';
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

interface Measures {
  /** Returns the function that records the answers of a route, each with its duration. */
  recorderFor(method: string, route: string): (status: number, durationMs: number) => void;
}

type Recorder = ReturnType<Measures['recorderFor']>;

/** Measures requests of pages and of operators, and requests that match no route. */
export interface PageMeter {
  /** Returns whether the middleware measures requests of the path. */
  covers(path: string): boolean;
  /** Records a request that matches no route, unless the middleware measures it. */
  recordUnmatched(c: Context, status: number, durationMs: number): void;
}

/**
 * Mounts a middleware that measures pages, their files, the queue board, and routes of operators
 * including the answers of their guard. Call this function before any of them is mounted.
 * @param board the path pattern of the queue board, whose routes belong to another app
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
    covers: (path) => covered.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)),
    recordUnmatched: (c, status, durationMs) => {
      if (c.get('isMeasured') !== true) record(c, UNMATCHED, status, durationMs);
    },
  };
}

/**
 * Returns the label of a request: the pattern of its route, so that there is one label for each
 * route.
 */
function toLabel(c: Context, board: string): string {
  const matched = matchedRoutes(c);
  if (matched.some(({ path }) => path === board)) return board;
  // Skip middleware, which is mounted for the method ALL.
  const route = matched.findLast(({ method }) => method !== 'ALL');
  if (route === undefined) return UNMATCHED;
  if (route.path.startsWith(ERROR_PAGES)) return `${ERROR_PAGES}{code}`;
  return route.path.replace(/:(\w+)/g, '{$1}');
}

/** Returns the method for labels. HEAD counts as GET. Invented methods must not become labels. */
function toMethod(method: string): string {
  if (method === 'HEAD') return 'GET';
  return METHODS.includes(method) ? method : 'other';
}
