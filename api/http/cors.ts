import type { Hono } from 'hono';
import { cors } from 'hono/cors';
import { newRequestId } from './request-id.ts';

const PREFLIGHT_KEPT_S = 600;

/** The headers that pages of the allowed origins may read in answers. */
const EXPOSED_HEADERS = [
  'Allow',
  'ETag',
  'Idempotent-Replayed',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];

/**
 * Lets pages of these origins call the API with a buyer's token. They cannot send API keys, which
 * belong on servers, nor cookies, which the API does not use.
 */
export function mountCors(app: Hono, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const answerPreflight = cors({
    origin: [...origins],
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'Prefer',
      'Last-Event-ID',
    ],
    exposeHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_KEPT_S,
  });
  const allowed = new Set(origins);
  app.use('/v1/*', async (c, next) => {
    // Load balancers also send OPTIONS requests. These are no preflights; `answerNoRoute` answers
    // them.
    const isPreflight =
      c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined;
    if (isPreflight) {
      const preflight = await answerPreflight(c, next);
      preflight?.headers.set('x-request-id', newRequestId());
      return preflight;
    }
    await next();
    if (c.req.method === 'OPTIONS') return;
    // The headers are added to the finished answer. If they were set earlier, Hono would make a new
    // answer from the old one: that fails for an answer without a body, and the earlier headers
    // win.
    const origin = c.req.header('origin');
    const { headers } = c.res;
    if (origin !== undefined && allowed.has(origin)) {
      headers.set('access-control-allow-origin', origin);
    }
    headers.set('access-control-expose-headers', EXPOSED_HEADERS.join(','));
    headers.append('vary', 'Origin');
  });
}
