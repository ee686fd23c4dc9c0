import type { Hono } from 'hono';
import { cors } from 'hono/cors';

const PREFLIGHT_KEPT_S = 600;

/**
 * Lets pages of these origins call the API with a buyer's token. Browsers may not send API keys,
 * which belong on servers. Credentials are not allowed, because the API uses no cookies.
 */
export function mountCors(app: Hono, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.use(
    '/v1/*',
    cors({
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
    }),
  );
}
