import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, RefusedError } from '../../shared/domain/errors.ts';
import { CLOSING, type RawProblem, rawProblem, toHttpMessage } from './raw-problem.ts';

/** After a refusal the socket stays open for this long, so that the client can read the answer. */
const LINGER_MS = 1_000;

/** The error of Node's `clientError`: the bytes are not a request, or it came too late. */
export interface ParserError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

/**
 * Answers with a problem document where Node would answer in its own form or close the connection:
 * to requests that Node's parser refuses or that arrive too late, to `Expect` other than
 * `100-continue`, and to CONNECT.
 * @param basePath the path of `PUBLIC_URL`
 */
export function refuseUnparsed(server: Server, basePath: string): void {
  server.on('clientError', (error: ParserError, socket) => {
    refuseOn(socket, rawProblem(toRefusal(error), basePath));
  });
  server.on('connect', (_request, socket) => {
    const refusal = new RefusedError('method_not_allowed', 'This server is not a proxy.');
    refuseOn(socket, rawProblem(refusal, basePath, { ...CLOSING, allow: '' }));
  });
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    const detail = 'The only supported expectation is 100-continue.';
    const refusal = new RefusedError('expectation_failed', detail);
    const { status, headers, text } = rawProblem(refusal, basePath);
    response.writeHead(status, headers).end(text);
  });
}

/** Returns the refusal for a parser error. */
export function toRefusal(error: ParserError): RefusedError {
  const { code = '' } = error;
  const [refusalCode, detail] = PARSER_REFUSALS[code] ?? MALFORMED;
  if (code !== 'HPE_INVALID_METHOD') return new RefusedError(refusalCode, detail);
  const start = error.rawPacket?.toString('latin1', 0, METHOD_LENGTH_MAX) ?? '';
  if (start.charCodeAt(0) === TLS_HANDSHAKE) {
    return new RefusedError('malformed_request', 'This port expects plain HTTP, not TLS.');
  }
  const isMethod = /^[A-Za-z][\w-]* /.test(start);
  return isMethod
    ? new RefusedError('unknown_method', 'This method does not exist.')
    : new RefusedError(refusalCode, detail);
}

const METHOD_LENGTH_MAX = 64;
const TLS_HANDSHAKE = 0x16;

const MALFORMED = ['malformed_request', 'This is not well-formed HTTP/1.1.'] as const;

const PARSER_REFUSALS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The request line and headers exceed 16 KiB.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['body_too_large', 'The chunk extensions are too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time.'],
};

/** The current answer on a socket, in a property that Node does not declare. */
interface Answering {
  readonly _httpMessage?: ServerResponse | null;
}

function refuseOn(socket: Duplex, problem: RawProblem): void {
  if (socket.writableEnded) return; // Already refused; these are more bytes of the same request.
  const answer = (socket as Answering)._httpMessage ?? undefined;
  if (answer?.req.complete === true) {
    // These bytes follow a whole request, which is answered first.
    answer.once('finish', () => setImmediate(() => refuseOn(socket, problem)));
    return;
  }
  if (!socket.writable || answer?.headersSent === true) {
    socket.destroy();
    return;
  }
  socket.on('error', () => undefined);
  socket.end(toHttpMessage(problem));
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
