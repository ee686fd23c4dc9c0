import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { LANES_MAX } from '../../../shared/domain/webhooks/lane-limit.ts';
import type { Target } from '../../../shared/webhooks/target-url.ts';
import { type Answer, readAnswer } from './read-answer.ts';

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

/** The connection was not made in time. */
export class ConnectTimeoutError extends Error {
  override readonly name = 'ConnectTimeoutError';
}

const IDLE_TIMEOUT_MS = 2_000;
/** As many as there are lanes, so that none is closed between two requests of a lane. */
const IDLE_CONNECTIONS_MAX = LANES_MAX;

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
