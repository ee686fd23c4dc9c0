import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { TEST_OPERATOR } from '../../testing/start-test-api.ts';

const ANSWER_TIMEOUT_MS = 10_000;

/** One call of a route, with its parameters filled in. */
export interface OpsCall {
  readonly method: string;
  readonly path: string;
}

/** Returns the header of a login (HTTP Basic). */
export function login(username: string, password: string): { authorization: string } {
  const encoded = Buffer.from(`${username}:${password}`).toString('base64');
  return { authorization: `Basic ${encoded}` };
}

/** The header with which the operator of a test API logs in. */
export const asOperator = login(TEST_OPERATOR.username, TEST_OPERATOR.password);

/** The response to a call. */
export interface OpsAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Calls a route, and sends the method, path and headers unchanged. `fetch` would set
 * `Sec-Fetch-Mode` itself and normalize the path. `body` is sent as JSON, except with GET and HEAD.
 */
export async function callOps(
  url: string,
  { method, path }: OpsCall,
  headers: Readonly<Record<string, string>> = asOperator,
  body: unknown = {},
): Promise<OpsAnswer> {
  const takesBody = method !== 'GET' && method !== 'HEAD';
  const sent = takesBody ? JSON.stringify(body) : '';
  const { hostname, port } = new URL(url);
  const sending = request({
    hostname,
    port,
    method,
    path,
    headers: {
      ...(takesBody && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(sent),
      }),
      ...headers,
    },
    agent: false,
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  sending.end(sent);
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  // A stream of events does not end by itself.
  const isStream = answer.headers['content-type'] === 'text/event-stream';
  if (isStream) answer.destroy();
  const text = isStream ? '' : await readText(answer);
  const headerEntries = Object.entries(answer.headers).map(([name, value]) => [
    name,
    String(value),
  ]);
  const answerHeaders = new Headers(headerEntries as [string, string][]);
  const isJson = /json/.test(answerHeaders.get('content-type') ?? '') && text !== '';
  return {
    status: answer.statusCode ?? 0,
    headers: answerHeaders,
    text,
    body: isJson ? JSON.parse(text) : {},
  };
}
