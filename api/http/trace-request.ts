import type { Context } from 'hono';
import type { Tracing } from '../../shared/tracing/tracing.ts';

const INTERNAL_ERROR = 500;

/**
 * Serves a request within a span, which continues the trace in the `traceparent` header. The span
 * ends when the answer begins to stream.
 */
export async function traceRequest(
  tracing: Tracing,
  c: Context,
  route: { readonly method: string; readonly path: string },
  serve: () => Promise<Response>,
): Promise<Response> {
  const { method, path } = route;
  const span = tracing.start(`${method} ${path}`, {
    kind: 'server',
    parent: c.req.header('traceparent'),
    attributes: { 'http.request.method': method, 'http.route': path, 'url.path': c.req.path },
  });
  try {
    const response = await tracing.run(span, serve);
    const { status, headers } = response;
    span.set({
      'http.response.status_code': status,
      'lastunit.request.id': headers.get('x-request-id') ?? '',
    });
    if (status >= INTERNAL_ERROR) span.fail(`status ${status}`);
    return response;
  } finally {
    span.end();
  }
}
