import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { withoutBasePath } from './base-path.ts';

/** Returns Node's request and response; neither exists for a `Request` that a test creates. */
export function nodeBindings(c: Context): Partial<HttpBindings> {
  return (c.env as Partial<HttpBindings> | undefined) ?? {};
}

/** The parts of a request that authentication reads. */
export interface PresentedRequest {
  readonly method: string;
  /** The target of the request line, not parsed, without the base path. */
  readonly requestTarget: string;
  header(name: string): string | undefined;
  /** Reads the whole body, which a signature covers. */
  body(): Promise<Buffer>;
}

/** Returns the parts of a request for authentication, which therefore does not depend on Hono. */
export function toPresentedRequest(
  c: Context,
  body: { bytes(): Promise<Buffer> },
  basePath: string,
): PresentedRequest {
  return {
    method: c.req.method,
    requestTarget: withoutBasePath(nodeBindings(c).incoming?.url ?? '/', basePath),
    header: (name) => c.req.header(name),
    body: () => body.bytes(),
  };
}

/**
 * Made once, because the default reason is a new exception with a stack trace, which took 2 % of the
 * API's CPU under load.
 */
const CLOSED = new Error('the connection is closed');

/**
 * Returns a signal that aborts when the connection of the request closes or its response has been
 * sent, at once if that has already happened. This signal is much cheaper than `c.req.raw.signal`,
 * which builds a whole `Request`.
 */
export function closeSignal(c: Context): AbortSignal {
  const { outgoing } = nodeBindings(c);
  if (outgoing === undefined) return c.req.raw.signal;
  const controller = new AbortController();
  // The client may have left already, and then no event follows.
  if (outgoing.destroyed) controller.abort(CLOSED);
  outgoing.once('close', () => controller.abort(CLOSED));
  return controller.signal;
}

/** Returns whether `Content-Length` or `Transfer-Encoding` announces a body (RFC 9112, 6.3). */
export function announcesBody(c: Context): boolean {
  const length = c.req.header('content-length');
  if (length !== undefined && length !== '0') return true;
  return c.req.header('transfer-encoding') !== undefined;
}

/**
 * Returns whether the body must be read from the connection, because `Request` has none: GET and
 * HEAD have no body in Fetch, but can have one in HTTP.
 */
export function isReadFromConnection(c: Context): boolean {
  return c.req.method === 'GET' || c.req.method === 'HEAD';
}

/** Returns the bytes of a body as they arrive, also for GET and HEAD. */
export function incomingBody(c: Context): AsyncIterable<Uint8Array> {
  if (!isReadFromConnection(c)) return c.req.raw.body ?? noBytes();
  if (!announcesBody(c)) return noBytes();
  // A reader that stops early must not close the connection, over which the answer is sent.
  return nodeBindings(c).incoming?.iterator({ destroyOnReturn: false }) ?? noBytes();
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
