import type { Context } from 'hono';

interface NodeBindings {
  readonly incoming?: {
    iterator(options: { readonly destroyOnReturn: boolean }): AsyncIterable<Uint8Array>;
  };
}

/** Whether the request carries a body: RFC 9112, 6.3 announces one by either of two headers. */
export function announcesBody(c: Context): boolean {
  const length = c.req.header('content-length');
  if (length !== undefined && length !== '0') return true;
  return c.req.header('transfer-encoding') !== undefined;
}

/** The Fetch standard gives GET and HEAD requests no body, but HTTP lets clients send one. */
export function isReadFromConnection(c: Context): boolean {
  return c.req.method === 'GET' || c.req.method === 'HEAD';
}

/** The bytes of a body while they arrive; of a GET request too. */
export function incomingBody(c: Context): AsyncIterable<Uint8Array> {
  if (!isReadFromConnection(c)) return c.req.raw.body ?? noBytes();
  if (!announcesBody(c)) return noBytes();
  const { incoming } = (c.env ?? {}) as NodeBindings;
  // A reader that stops early must not close the connection: the answer goes out on it.
  return incoming?.iterator({ destroyOnReturn: false }) ?? noBytes();
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
