import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Target } from '../../../shared/webhooks/target-url.ts';
import { ENDPOINT_REQUESTS_MAX } from '../delivery-context.ts';

/** A request whose address has been checked. */
export interface GuardedPost {
  readonly target: Target;
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface PostTimes {
  readonly connectTimeoutMs: number;
  readonly bodyTimeoutMs: number;
}

/** What came back. The body is kept for people who look for a mistake. */
export interface Answer {
  readonly status: number;
  /** The beginning of the body. */
  readonly response: string;
  /** As the receiver wrote it. */
  readonly retryAfter: string | undefined;
}

/** The connection was not made in time. */
export class ConnectTimeoutError extends Error {
  override readonly name = 'ConnectTimeoutError';
}

const IDLE_TIMEOUT_MS = 2_000;
/** Enough that none is closed between two requests of a busy endpoint. */
const IDLE_CONNECTIONS_MAX = ENDPOINT_REQUESTS_MAX;

/** How much of a body is kept. */
const RESPONSE_BYTES_MAX = 1_024;
/** A body up to this is read to its end, so that the connection can be used again. */
const READ_BYTES_MAX = 16_384;

/** Connections are kept for a moment, by address and name. */
const agentOptions = {
  keepAlive: true,
  timeout: IDLE_TIMEOUT_MS,
  maxFreeSockets: IDLE_CONNECTIONS_MAX,
};
const httpAgent = new HttpAgent(agentOptions);
const httpsAgent = new HttpsAgent(agentOptions);

/** The address is given: whatever would resolve a name here is a defect. */
const neverResolve: LookupFunction = (host, _options, callback) => {
  callback(new Error(`${host} must have been resolved`), '', 0);
};

/**
 * Posts to the checked address, under the name that the URL gives (Host, SNI, certificate). It
 * follows no redirect, knows no cookies and no proxy.
 * @throws whatever keeps the answer's headers from arriving, and when `signal` is aborted
 */
export async function postGuarded(
  post: GuardedPost,
  times: PostTimes,
  signal: AbortSignal,
): Promise<Answer> {
  const first = openRequest(post, times, signal, true);
  try {
    return await readAnswer(first, post.body, times.bodyTimeoutMs);
  } catch (error) {
    // A kept connection may be closed by the other side at any moment: a new one tells more.
    if (!first.reusedSocket || signal.aborted) throw error;
    return readAnswer(openRequest(post, times, signal, false), post.body, times.bodyTimeoutMs);
  }
}

function openRequest(
  { target, address, headers, body }: GuardedPost,
  { connectTimeoutMs }: PostTimes,
  signal: AbortSignal,
  isReusing: boolean,
): ClientRequest {
  const { url, host } = target;
  const isTls = url.protocol === 'https:';
  const common = {
    method: 'POST',
    host: address,
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: {
      ...headers,
      host: url.host,
      'content-length': String(Buffer.byteLength(body)),
    },
    lookup: neverResolve,
    signal,
  };
  const request = isTls
    ? httpsRequest({
        ...common,
        agent: isReusing ? httpsAgent : false,
        ...(isIP(host) === 0 && { servername: host }),
      })
    : httpRequest({ ...common, agent: isReusing ? httpAgent : false });
  boundConnecting(request, isTls ? 'secureConnect' : 'connect', connectTimeoutMs);
  return request;
}

function boundConnecting(request: ClientRequest, connected: string, timeoutMs: number): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => request.destroy(new ConnectTimeoutError()), timeoutMs);
    socket.once(connected, () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
  });
}

/**
 * Sends the body and reads the answer. Its headers decide; the body is read for a bounded time and
 * up to a bounded size, and then cut.
 */
function readAnswer(request: ClientRequest, body: string, bodyTimeoutMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    request.once('error', reject);
    // For example when it was switched to another protocol.
    request.once('close', () => {
      if (!isAnswered) reject(new Error('closed without an answer'));
    });
    request.once('response', (message) => {
      isAnswered = true;
      readBeginning(message, bodyTimeoutMs).then((response) => {
        const { statusCode = 0, headers } = message;
        resolve({ status: statusCode, response, retryAfter: headers['retry-after'] });
      }, reject);
    });
    request.end(body);
  });
}

function readBeginning(message: IncomingMessage, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const kept: Buffer[] = [];
    let bytes = 0;
    const done = () => {
      clearTimeout(timer);
      resolve(textOf(kept));
    };
    const cut = () => {
      done();
      message.destroy();
    };
    const timer = setTimeout(cut, timeoutMs);
    message.on('data', (chunk: Buffer) => {
      if (bytes < RESPONSE_BYTES_MAX) kept.push(chunk.subarray(0, RESPONSE_BYTES_MAX - bytes));
      bytes += chunk.length;
      if (bytes > READ_BYTES_MAX) cut();
    });
    message.once('end', done);
    message.once('error', done);
    message.once('close', done);
  });
}

/** Text that any database and any JSON can hold. */
function textOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8').replaceAll('\0', '');
}
