import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  type Server,
  ServerResponse,
} from 'node:http';
import { getRequestListener, RequestError } from '@hono/node-server';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import { ConnectionLimits } from './connection-limits.ts';
import type { DrainState } from './drain-server.ts';
import { type RawProblem, rawProblem } from './raw-problem.ts';
import { type Room, refuseCheckout } from './refuse-checkout.ts';
import { refuseUnparsed } from './refuse-unparsed.ts';

/**
 * Load balancers keep spare connections. A connection that has had no request yet stays open this
 * much longer than a connection that is idle after a request.
 */
const HEADERS_EXTRA_MS = 5_000;
/**
 * No request may take longer to arrive, unless connections are kept alive longer. Uploads have a
 * shorter bound.
 */
const REQUEST_ARRIVES_WITHIN_MS = 300_000;

const MALFORMED = new RefusedError('malformed_request', 'The request target or Host is not valid.');

interface ServerNeeds {
  /** The path of `PUBLIC_URL`; empty if there is none. */
  readonly basePath: string;
  readonly config: {
    /** How long an unused connection is kept open. */
    readonly keepAliveMs: number;
    readonly load: { readonly connectionsMax: number };
  };
  readonly load: Room & {
    /** Counts a request that is refused because of the load. */
    record(reason: string): void;
    /** Counts a request if this error refuses it because of the load. */
    recordIfShed(error: unknown): void;
  };
  readonly ops: {
    readonly metrics: {
      recorderFor(method: string, route: string): (status: number, ms: number) => void;
    };
  };
  readonly draining: DrainState;
  readonly log: Logger;
}

/** Serves one request by the router. */
type Fetch = Parameters<typeof getRequestListener>[0];

/** Creates the HTTP server of the API, which does not listen yet. */
export function createApiServer(needs: ServerNeeds, fetch: Fetch): Server {
  const { basePath, config, draining, log, load, ops } = needs;
  const recordCheckout = ops.metrics.recorderFor('POST', '/v1/checkouts');
  const { keepAliveMs } = config;
  const serve = getRequestListener(fetch, {
    hostname: 'localhost', // HTTP/1.0 needs no Host.
    errorHandler: (error) => {
      const isMalformed = error instanceof RequestError;
      if (!isMalformed) log.error({ err: error }, 'fault');
      return toResponse(rawProblem(isMalformed ? MALFORMED : error, basePath));
    },
  });
  const options = {
    ServerResponse: createResponseClass(draining),
    keepAliveTimeout: keepAliveMs,
    headersTimeout: keepAliveMs + HEADERS_EXTRA_MS,
    requestTimeout: Math.max(REQUEST_ARRIVES_WITHIN_MS, keepAliveMs + HEADERS_EXTRA_MS),
    // Checked below, because Node's own refusal is not a problem document.
    requireHostHeader: false,
  };
  const server = createServer(options, (incoming, outgoing) => {
    const overload = limits.check(incoming, outgoing);
    if (overload === 'ignored') return;
    const fault = overload ?? checkHost(incoming);
    if (fault !== undefined) return send(outgoing, rawProblem(fault, basePath));
    const refusal = refuseCheckout(incoming, basePath, load);
    if (refusal === undefined) return void serve(incoming, outgoing);
    load.recordIfShed(refusal);
    const startedAt = performance.now();
    // The response waits until the event loop has polled all connections. If clients were answered
    // at once and retried at once, libuv would neither register new connections, such as
    // connections of probes, nor run timers.
    setImmediate(() => {
      const problem = rawProblem(refusal, basePath, {});
      send(outgoing, problem);
      recordCheckout(problem.status, performance.now() - startedAt);
    });
  });
  const limits = new ConnectionLimits(server, {
    connectionsMax: config.load.connectionsMax,
    onRefused: (reason) => load.record(reason),
  });
  refuseUnparsed(server, basePath);
  return server;
}

function send(outgoing: ServerResponse, { status, headers, text }: RawProblem): void {
  outgoing.writeHead(status, headers).end(text);
}

type HeadersArgument = OutgoingHttpHeaders | OutgoingHttpHeader[];

/** Creates a class of responses that close their connection if they begin while draining. */
function createResponseClass(draining: DrainState): typeof ServerResponse {
  return class extends ServerResponse {
    override writeHead(status: number, message?: string, headers?: HeadersArgument): this;
    override writeHead(status: number, headers?: HeadersArgument): this;
    override writeHead(
      status: number,
      messageOrHeaders?: string | HeadersArgument,
      headers?: HeadersArgument,
    ): this {
      if (draining.isDraining) this.shouldKeepAlive = false;
      if (typeof messageOrHeaders === 'string') {
        return super.writeHead(status, messageOrHeaders, headers);
      }
      return super.writeHead(status, messageOrHeaders);
    }
  } as typeof ServerResponse;
}

/**
 * Refuses a request with several Hosts, or with none in HTTP/1.1 (RFC 9112, 3.2). Of two Hosts, a
 * proxy could use one and this server the other.
 */
function checkHost({ rawHeaders, httpVersion }: IncomingMessage): RefusedError | undefined {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts === 1 || (hosts === 0 && httpVersion !== '1.1')) return undefined;
  const detail =
    hosts === 0 ? 'The Host header is missing.' : 'There is more than one Host header.';
  return new RefusedError('malformed_request', detail);
}

function toResponse({ status, headers, text }: RawProblem): Response {
  return new Response(text, { status, headers });
}
