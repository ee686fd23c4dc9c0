import { pause } from '../../shared/runtime/deadline.ts';
import { LightClient } from './light-client.ts';
import { CutConnectionError, type LightResponse } from './light-connection.ts';
import type { RunningSystem } from './running-system.ts';

/** A response of the API; `body` is its JSON object, or empty if it has none. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A request; `idempotencyKey` and `waitS` become headers. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
  /** Sent instead of `body`, each as a line of JSON. */
  readonly lines?: readonly unknown[];
  readonly idempotencyKey?: string;
  readonly waitS?: number;
  readonly as?: 'shop' | 'operator';
  /** The maximum number of attempts: 16 by default, whose pauses take 23 to 46 s in all. */
  readonly triesMax?: number;
  /** How long an attempt may take until data arrives: 45 s by default. */
  readonly silenceMs?: number;
}

/** Calls the API of a running system. */
export interface Api {
  /**
   * Sends a request and retries while the system is overloaded or unreachable. Use it only for
   * requests that are safe to repeat.
   * @throws SystemUnreachableError after the last attempt
   */
  call(request: ApiRequest): Promise<ApiAnswer>;
  close(): void;
}

/** Each attempt got no response or only a 429, 502, 503 or 504, or the health check failed. */
export class SystemUnreachableError extends Error {
  override readonly name = 'SystemUnreachableError';
}

const TRIES_MAX = 16;
const BACKOFF_FIRST_MS = 50;
const BACKOFF_MS_MAX = 5_000;
const RETRYABLE = new Set([429, 502, 503, 504]);

/** Opens a client with at most this many connections. The caller closes it. */
export function openApi(system: RunningSystem, connectionsMax: number): Api {
  const client = new LightClient(system.apiUrl, connectionsMax);
  const credentials = `${system.ops.username}:${system.ops.password}`;
  const identity = {
    shop: `X-Api-Key: ${system.apiKey}\r\n`,
    operator: `Authorization: Basic ${Buffer.from(credentials).toString('base64')}\r\n`,
  };
  const basePath = new URL(system.apiUrl).pathname.replace(/\/$/, '');
  const send = (request: ApiRequest) => {
    const { method, path, as = 'shop', silenceMs } = request;
    const headers = identity[as] + toHeaders(request);
    return client.send(method, basePath + path, headers, toBodyText(request), silenceMs);
  };
  return {
    call: async (request) => {
      for (let tries = 1; ; tries += 1) {
        const response = await send(request).catch(ifCut);
        if (!(response instanceof CutConnectionError) && !RETRYABLE.has(response.status)) {
          return { status: response.status, body: parseObject(response.body) };
        }
        if (tries >= (request.triesMax ?? TRIES_MAX))
          throw unreachableError(system.apiUrl, request, response);
        await pause(backoffMs(tries, response));
      }
    },
    close: () => client.close(),
  };
}

/**
 * Returns the error if the system was unreachable, for callers that go on.
 * @throws any other error
 */
export function ifUnreachable(error: unknown): SystemUnreachableError {
  if (error instanceof SystemUnreachableError) return error;
  throw error;
}

const PROBES_MAX = 3;
const HEALTH_PATH = '/healthz';
const OK = 200;

/**
 * Checks that the system is healthy.
 * @throws SystemUnreachableError if `/healthz` is not answered 200, after a few attempts
 */
export async function checkReachable(api: Api): Promise<void> {
  const answer = await api.call({ method: 'GET', path: HEALTH_PATH, triesMax: PROBES_MAX });
  if (answer.status === OK) return;
  throw new SystemUnreachableError(`GET ${HEALTH_PATH} was answered ${describeAnswer(answer)}`);
}

function toBodyText({ body, lines }: ApiRequest): string {
  if (lines !== undefined) return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  return body === undefined ? '' : JSON.stringify(body);
}

function toHeaders({ body, lines, idempotencyKey, waitS }: ApiRequest): string {
  let headers = '';
  if (lines !== undefined) headers += 'Content-Type: application/x-ndjson\r\n';
  if (body !== undefined) headers += 'Content-Type: application/json\r\n';
  if (idempotencyKey !== undefined) headers += `Idempotency-Key: ${idempotencyKey}\r\n`;
  if (waitS !== undefined) headers += `Prefer: wait=${waitS}\r\n`;
  return headers;
}

function ifCut(error: unknown): CutConnectionError {
  if (error instanceof CutConnectionError) return error;
  throw error;
}

function backoffMs(tries: number, response: LightResponse | CutConnectionError): number {
  const growing = Math.min(BACKOFF_MS_MAX, BACKOFF_FIRST_MS * 2 ** (tries - 1));
  const retryAfterMs = response instanceof CutConnectionError ? undefined : response.retryAfterMs;
  return Math.min(BACKOFF_MS_MAX, Math.max(growing, retryAfterMs ?? 0)) * (0.5 + Math.random() / 2);
}

function unreachableError(
  apiUrl: string,
  { method, path }: ApiRequest,
  last: LightResponse | CutConnectionError,
): SystemUnreachableError {
  const why = last instanceof CutConnectionError ? last.message : `it responds with ${last.status}`;
  return new SystemUnreachableError(`${apiUrl} is unreachable: ${method} ${path}: ${why}`);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Describes a response as text. */
export function describeAnswer({ status, body }: ApiAnswer): string {
  const { code, detail } = body;
  return [status, code, detail].filter((word) => word !== undefined).join(' ');
}
