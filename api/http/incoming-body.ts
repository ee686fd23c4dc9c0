import type { Context } from 'hono';

interface NodeBindings {
  readonly incoming?: {
    iterator(options: { readonly destroyOnReturn: boolean }): AsyncIterable<Uint8Array>;
  };
}

/** Whether `Content-Length` or `Transfer-Encoding` announces a body (RFC 9112, 6.3). */
export function announcesBody(c: Context): boolean {
  const length = c.req.header('content-length');
  if (length !== undefined && length !== '0') return true;
  return c.req.header('transfer-encoding') !== undefined;
}

/** Whether `Request` has no body: GET and HEAD have none in Fetch, but can have one in HTTP. */
export function isReadFromConnection(c: Context): boolean {
  return c.req.method === 'GET' || c.req.method === 'HEAD';
}

/** Returns the bytes of a body as they arrive, also for GET and HEAD. */
export function incomingBody(c: Context): AsyncIterable<Uint8Array> {
  if (!isReadFromConnection(c)) return c.req.raw.body ?? noBytes();
  if (!announcesBody(c)) return noBytes();
  const { incoming } = (c.env ?? {}) as NodeBindings;
  // A reader that stops early must not close the connection: the answer goes out on it.
  return incoming?.iterator({ destroyOnReturn: false }) ?? noBytes();
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
