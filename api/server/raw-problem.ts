import { STATUS_CODES } from 'node:http';
import { COMMON_HEADERS } from '../http/common-headers.ts';
import { toProblem } from '../http/problem.ts';
import { newRequestId } from '../http/request-id.ts';

/** A problem document with its headers, for requests that do not reach the router. */
export interface RawProblem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** The header of an answer that ends its connection. */
export const CLOSING = { connection: 'close' };

/**
 * Builds the answer to a request that does not reach the router.
 * @param headers further headers; by default the header that closes the connection
 */
export function rawProblem(
  error: unknown,
  basePath: string,
  headers: Readonly<Record<string, string>> = CLOSING,
): RawProblem {
  const requestId = newRequestId();
  const problem = toProblem(error, requestId, basePath);
  const text = JSON.stringify(problem.body);
  return {
    status: problem.status,
    headers: {
      ...COMMON_HEADERS,
      'x-request-id': requestId,
      ...problem.headers,
      ...headers,
      'content-length': String(Buffer.byteLength(text)),
    },
    text,
  };
}

/** Returns the answer as HTTP/1.1, for a socket without a response object. */
export function toHttpMessage({ status, headers, text }: RawProblem): string {
  const lines = Object.entries({ date: new Date().toUTCString(), ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${text}`;
}
