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

/** The header of a login (HTTP Basic). */
export function login(username: string, password: string): { authorization: string } {
  const encoded = Buffer.from(`${username}:${password}`).toString('base64');
  return { authorization: `Basic ${encoded}` };
}

/** The header with which the operator of a test API logs in. */
export const asOperator = login(TEST_OPERATOR.username, TEST_OPERATOR.password);

/** An answer. */
export interface OpsAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Calls the path exactly as given. `fetch` sets `Sec-Fetch-Mode` itself and normalizes paths. `body` is
 * sent as JSON if the method has one.
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
      ...(takesBody && { 'content-type': 'application/json', 'content-length': sent.length }),
      ...headers,
    },
    agent: false,
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  sending.end(sent);
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  // A stream does not end by itself.
  const isStream = answer.headers['content-type'] === 'text/event-stream';
  if (isStream) answer.destroy();
  const text = isStream ? '' : await readText(answer);
  const given = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  const answered = new Headers(given as [string, string][]);
  const isJson = /json/.test(answered.get('content-type') ?? '') && text !== '';
  return {
    status: answer.statusCode ?? 0,
    headers: answered,
    text,
    body: isJson ? JSON.parse(text) : {},
  };
}
