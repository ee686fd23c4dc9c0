import { Agent, type IncomingHttpHeaders, request } from 'node:http';

/** A response on a kept-alive connection. */
export interface KeepAliveResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The error of a call that got no complete response. */
export interface CallError extends NodeJS.ErrnoException {
  /** The client's port; absent if there was no connection. */
  localPort?: number | undefined;
}

type SentHeaders = Readonly<Record<string, string>>;

/** A client with one connection, which it reuses until the server closes it. */
export interface KeepAliveClient {
  /** @throws CallError with the network's code: ECONNREFUSED, ECONNRESET, … */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: SentHeaders,
  ): Promise<KeepAliveResponse>;
  close(): void;
}

let count = 0;

/** Creates a client, which opens its connection at the first call. */
export function keepAliveClient(apiUrl: string, apiKey: string): KeepAliveClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    call: (method, path, body, moreHeaders = {}) =>
      new Promise((resolve, reject) => {
        count += 1;
        const headers = {
          'x-api-key': apiKey,
          'idempotency-key': `kept-${process.pid}-${count}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...moreHeaders,
        };
        let localPort: number | undefined;
        const fail = (error: CallError) => reject(Object.assign(error, { localPort }));
        const call = request(`${apiUrl}${path}`, { agent, method, headers }, (answer) => {
          let text = '';
          answer.on('data', (chunk) => {
            text += chunk;
          });
          answer.on('error', fail);
          answer.on('end', () => {
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
          });
        });
        call.on('socket', (socket) => {
          const recordPort = () => {
            localPort = socket.localPort;
          };
          if (socket.connecting) socket.once('connect', recordPort);
          else recordPort();
        });
        call.on('error', fail);
        call.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    close: () => agent.destroy(),
  };
}
