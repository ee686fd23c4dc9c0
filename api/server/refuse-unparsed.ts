import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, RefusedError } from '../../shared/domain/errors.ts';
import { rawProblem, toHttpMessage } from './raw-problem.ts';

/** After a refusal the rest of what the client sends is read for so long, so that it sees the answer. */
const LINGER_MS = 1_000;

/** What Node's HTTP parser reports about bytes that are no request. */
export interface ParserError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

/**
 * Answers in our problem form what Node would answer itself, or cut off: requests that its parser
 * refuses, `Expect` other than `100-continue`, and CONNECT.
 */
export function refuseUnparsed(server: Server): void {
  server.on('clientError', (error: ParserError, socket) => refuseOn(socket, refusalOf(error)));
  server.on('connect', (_request, socket) => {
    refuseOn(socket, new RefusedError('method_not_allowed', 'This is no proxy.'), { allow: '' });
  });
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    const detail = 'The only expectation that is met here is 100-continue.';
    const { status, headers, text } = rawProblem(new RefusedError('expectation_failed', detail));
    response.writeHead(status, headers).end(text);
  });
}

/** Turns a parser error into the refusal that its client gets. */
export function refusalOf(error: ParserError): RefusedError {
  const { code = '' } = error;
  const [word, detail] = KNOWN[code] ?? ['malformed_request', 'This is no well-formed HTTP/1.1.'];
  if (code !== 'HPE_INVALID_METHOD') return new RefusedError(word, detail);
  const start = error.rawPacket?.toString('latin1', 0, METHOD_LENGTH_MAX) ?? '';
  if (start.charCodeAt(0) === TLS_HANDSHAKE) {
    return new RefusedError('malformed_request', 'This port takes plain HTTP, not TLS.');
  }
  const isMethod = /^[A-Za-z][\w-]* /.test(start);
  return isMethod
    ? new RefusedError('unknown_method', 'There is no such method.')
    : new RefusedError(word, detail);
}

const METHOD_LENGTH_MAX = 64;
const TLS_HANDSHAKE = 0x16;

const KNOWN: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The request line and headers exceed 16 KiB.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['body_too_large', 'The chunk extensions are too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time.'],
};

/** The answer that is under way on a socket; Node keeps it there without declaring it. */
interface Answering {
  readonly _httpMessage?: ServerResponse | null;
}

function refuseOn(
  socket: Duplex,
  refusal: RefusedError,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (socket.writableEnded) return; // Refused before; these are more bytes of the same.
  const answer = (socket as Answering)._httpMessage ?? undefined;
  if (answer?.req.complete === true) {
    // These bytes came after a whole request: first that one is answered, in its turn.
    answer.once('finish', () => setImmediate(() => refuseOn(socket, refusal, headers)));
    return;
  }
  if (!socket.writable || answer?.headersSent === true) {
    socket.destroy();
    return;
  }
  socket.on('error', () => undefined);
  socket.end(toHttpMessage(rawProblem(refusal, headers)));
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
