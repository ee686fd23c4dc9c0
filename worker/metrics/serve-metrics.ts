import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import {
  isSameLogin,
  type OperatorLogin,
  readLogin,
} from '../../shared/access/operator-password.ts';
import { parseAddress, toNetwork } from '../../shared/runtime/ip-address.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

const PATH = '/metrics';
const HEALTH_PATH = '/healthz';
const REQUEST_TIMEOUT_MS = 5_000;
const CONNECTIONS_MAX = 50;
const GUESSES_WINDOW_S = 15 * 60;

/** Where a worker serves its metrics, and to whom. */
export interface MetricsConfig {
  readonly host: string;
  /** With 0 the server listens on any free port. */
  readonly port: number;
  readonly login: OperatorLogin;
  /** The most wrong logins from one IPv4 address or IPv6 /64 network in a quarter of an hour. */
  readonly guessesMax: number;
}

/** A running metrics server. */
export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves metrics to operators, and `/healthz` to anyone. This process counts wrong logins in its
 * memory, since it must also answer without Redis.
 * @throws Error if the port is not available
 */
export async function serveMetrics(
  metrics: Pick<WorkerMetrics, 'print' | 'contentType'>,
  { host, port, login, guessesMax }: MetricsConfig,
): Promise<MetricsServer> {
  const guesses = new RateLimiterMemory({ points: guessesMax, duration: GUESSES_WINDOW_S });
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const path = request.url?.split('?')[0];
    // A probe has no login. The answer only proves that the event loop runs.
    if (path === HEALTH_PATH && request.method === 'GET') return { status: 200, body: 'ok' };
    const refusal = await findRefusal(guesses, login, request);
    if (refusal !== undefined) return refusal;
    if (path !== PATH) return { status: 404 };
    if (request.method !== 'GET') return { status: 405, headers: { allow: 'GET' } };
    const headers = { 'content-type': metrics.contentType };
    return { status: 200, headers, body: await metrics.print() };
  };
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answer(request).then(
      (answered) => send(response, answered),
      () => send(response, { status: 500 }),
    );
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Returns the refusal of a request without the operator's login. A login is counted before it is
 * checked, and no longer counts if it is correct.
 */
async function findRefusal(
  guesses: RateLimiterMemory,
  login: OperatorLogin,
  { headers, socket }: IncomingMessage,
): Promise<Answer | undefined> {
  const sent = readLogin(headers.authorization);
  const unauthorized = { status: 401, headers: { 'www-authenticate': 'Basic realm="operators"' } };
  if (sent === undefined) return unauthorized;
  const address = toNetwork(parseAddress(socket.remoteAddress ?? '') ?? '');
  try {
    await guesses.consume(address);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    const retryAfter = String(Math.ceil(refusal.msBeforeNext / 1_000));
    return { status: 429, headers: { 'retry-after': retryAfter } };
  }
  if (!isSameLogin(sent, login)) return unauthorized;
  await guesses.reward(address);
  return undefined;
}

function send(response: ServerResponse, { status, headers, body = '' }: Answer): void {
  response.writeHead(status, {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
}
