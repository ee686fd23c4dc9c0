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
import type { DrainState } from './drain-state.ts';
import { type RawProblem, rawProblem } from './raw-problem.ts';
import { refuseUnparsed } from './refuse-unparsed.ts';

/** A client that connects and sends nothing may be a balancer's spare connection: it gets as long. */
const HEADERS_EXTRA_MS = 5_000;
/** No request takes longer to arrive; uploads have a shorter bound of their own. */
const REQUEST_ARRIVES_WITHIN_MS = 300_000;

interface ServerNeeds {
  readonly config: {
    /** How long an unused connection is kept open. */
    readonly keepAliveMs: number;
  };
  readonly draining: DrainState;
  readonly log: Logger;
}

/** Serves one request of the router. */
type Fetch = Parameters<typeof getRequestListener>[0];

/** The HTTP server of the API, not yet listening. */
export function createApiServer({ config, draining, log }: ServerNeeds, fetch: Fetch): Server {
  const { keepAliveMs } = config;
  const serve = getRequestListener(fetch, {
    hostname: 'localhost', // HTTP/1.0 needs no Host.
    errorHandler: (error) => {
      if (!(error instanceof RequestError)) log.error({ err: error }, 'fault');
      return toResponse(rawProblem(refusalOf(error)));
    },
  });
  const options = {
    ServerResponse: responseClosingWhile(draining),
    keepAliveTimeout: keepAliveMs,
    headersTimeout: keepAliveMs + HEADERS_EXTRA_MS,
    requestTimeout: Math.max(REQUEST_ARRIVES_WITHIN_MS, keepAliveMs + HEADERS_EXTRA_MS),
    // Checked below: here Node would refuse in a form of its own.
    requireHostHeader: false,
  };
  const server = createServer(options, (incoming, outgoing) => {
    const problem = hostProblem(incoming);
    if (problem === undefined) return void serve(incoming, outgoing);
    const { status, headers, text } = rawProblem(problem);
    outgoing.writeHead(status, headers).end(text);
  });
  refuseUnparsed(server);
  return server;
}

type HeadersGiven = OutgoingHttpHeaders | OutgoingHttpHeader[];

/** Node has no switch for this: an answer that is written while draining closes its connection. */
function responseClosingWhile(draining: DrainState): typeof ServerResponse {
  return class extends ServerResponse {
    override writeHead(status: number, message?: string, headers?: HeadersGiven): this;
    override writeHead(status: number, headers?: HeadersGiven): this;
    override writeHead(status: number, given?: string | HeadersGiven, more?: HeadersGiven): this {
      if (draining.isDraining) this.shouldKeepAlive = false;
      if (typeof given === 'string') return super.writeHead(status, given, more);
      return super.writeHead(status, given);
    }
  } as typeof ServerResponse;
}

/** RFC 9112, 3.2: HTTP/1.1 has exactly one Host; two could be read differently by a proxy. */
function hostProblem({ rawHeaders, httpVersion }: IncomingMessage): RefusedError | undefined {
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

function refusalOf(error: unknown): RefusedError {
  if (error instanceof RequestError) {
    return new RefusedError('malformed_request', 'The request target or Host is not valid.');
  }
  return new RefusedError('internal_error', 'Something went wrong on our side.');
}

function toResponse({ status, headers, text }: RawProblem): Response {
  return new Response(text, { status, headers });
}
