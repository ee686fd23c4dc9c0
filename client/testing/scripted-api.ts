import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request that the server received. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers one request. */
export type Answer = (response: ServerResponse) => void;

/** A server that sends prepared answers in order and then repeats the last answer. */
export interface ScriptedApi {
  readonly url: string;
  readonly seen: SeenRequest[];
}

/** Starts a server for the running test. */
export async function scriptedApi(...answers: [Answer, ...Answer[]]): Promise<ScriptedApi> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const answer = answers[Math.min(seen.length, answers.length - 1)] ?? answers[0];
      seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** Answers with a JSON body. */
export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };

/** Answers with a problem document. */
export const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  json(status, { status, code, title: 'A title', detail: 'A detail.', requestId: 'r-1' }, headers);

/** Cuts the connection without an answer. */
export const cut: Answer = (response) => {
  response.socket?.destroy();
};

/** Cuts the connection in the middle of the body. */
export const cutInBody: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"id":', () => response.socket?.destroy());
};

/** Never answers. */
export const silent: Answer = () => undefined;

/** Sends events, and then ends the stream or leaves it open. */
export const events =
  (parts: readonly (readonly [event: string, data: unknown])[], isLeftOpen = false): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const [event, data] of parts) {
      response.write(`event: ${event}\ndata: ${data === '' ? '' : JSON.stringify(data)}\n\n`);
    }
    if (!isLeftOpen) response.end();
  };
