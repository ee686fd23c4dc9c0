import type { Hono } from 'hono';
import { cors } from 'hono/cors';
import { newRequestId } from './request-id.ts';

const PREFLIGHT_KEPT_S = 600;

/**
 * Lets pages of these origins call the API with a buyer's token. They cannot send API keys, which
 * belong on servers, nor cookies, which the API does not use.
 */
export function mountCors(app: Hono, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const addHeaders = cors({
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
    exposeHeaders: [
      'Allow',
      'ETag',
      'Idempotent-Replayed',
      'Location',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'WWW-Authenticate',
      'X-Request-Id',
    ],
    maxAge: PREFLIGHT_KEPT_S,
  });
  app.use('/v1/*', async (c, next) => {
    // Load balancers also send OPTIONS. `answerNoRoute` answers them.
    const isPreflight = c.req.header('access-control-request-method') !== undefined;
    if (c.req.method === 'OPTIONS' && !isPreflight) return next();
    const preflight = await addHeaders(c, next);
    preflight?.headers.set('x-request-id', newRequestId());
    return preflight;
  });
}
