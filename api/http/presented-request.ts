import type { Context } from 'hono';
import { withoutBasePath } from './base-path.ts';
import type { RequestBody } from './request-body.ts';

/** The parts of a request that prove who sent it. */
export interface PresentedRequest {
  readonly method: string;
  /** The target of the request line, not parsed, without the base path. */
  readonly requestTarget: string;
  header(name: string): string | undefined;
  /** Reads the whole body; a signature covers it. */
  body(): Promise<Buffer>;
}

interface NodeBindings {
  readonly incoming?: { readonly url?: string | undefined };
}

/** Presents a request for authentication, so that only this folder depends on the router. */
export function presentRequest(c: Context, body: RequestBody, basePath: string): PresentedRequest {
  const target = (c.env as NodeBindings | undefined)?.incoming?.url ?? '/';
  return {
    method: c.req.method,
    requestTarget: withoutBasePath(target, basePath),
    header: (name) => c.req.header(name),
    body: () => body.bytes(),
  };
}
