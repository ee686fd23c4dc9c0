import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';

/** How the receiver responds; a number is a status code. */
export type ReceiverMode = number | 'slow' | 'silent' | 'redirect' | 'huge' | 'endless' | 'reset';

/** A received request. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>> & {
    readonly subjectId: string;
    readonly seq: number;
    readonly shopId: string;
  };
  /** Whether the response was 2xx. */
  readonly isAccepted: boolean;
}

/** A webhook endpoint such as shops have. */
export interface WebhookReceiver {
  readonly url: string;
  /** All received requests in order. */
  readonly received: Received[];
  /** The number of connections to the receiver. */
  connections(): number;
  /** The bytes of huge bodies that were sent: read by the client, or at least buffered. */
  hugeBytes(): number;
  /** Sets how the next requests are answered; initially 204. */
  mode: ReceiverMode | ((request: Received) => ReceiverMode);
  /** Sets the `Retry-After` header of error responses. */
  retryAfter: string | undefined;
  /** The target of redirects; by default nothing listens there. */
  redirectTo: string;
  /**
   * Verifies the signature of a request.
   * @throws if the signature is invalid
   */
  verify(request: Received, secret: string): void;
  /** Refuses connections until `open`, which uses the same port. */
  shut(): Promise<void>;
  open(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const SLOW_MS = 300;
const CHUNK = 'x'.repeat(65_536);
const HUGE_CHUNKS = 1_000;
const ENDLESS_EVERY_MS = 50;

/** Starts a receiver on `host`, by default on loopback. The caller stops it with `shut`. */
export async function startReceiver(host = LOOPBACK): Promise<WebhookReceiver> {
  const received: Received[] = [];
  let connections = 0;
  let hugeBytes = 0;
  const hugeBody = toHugeBody((bytes) => {
    hugeBytes += bytes;
  });
  let port = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const arrived = arrivedAs(request, Buffer.concat(chunks).toString());
      const { mode } = receiver;
      const chosen = typeof mode === 'function' ? mode(arrived) : mode;
      const isAccepted =
        typeof chosen === 'number' ? chosen < 300 : ['slow', 'huge'].includes(chosen);
      received.push({ ...arrived, isAccepted });
      answer(response, chosen, hugeBody, receiver);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  const open = async () => {
    server.listen(port, host);
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  await open();
  const receiver: WebhookReceiver = {
    url: `http://${host}:${port}/hooks`,
    received,
    mode: 204,
    retryAfter: undefined,
    redirectTo: `http://${LOOPBACK}:1/elsewhere`,
    connections: () => connections,
    hugeBytes: () => hugeBytes,
    verify: ({ body, headers }, secret) => {
      new Webhook(secret).verify(body, headers as Record<string, string>);
    },
    shut: async () => {
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    open,
  };
  return receiver;
}

function arrivedAs(request: IncomingMessage, body: string): Received {
  const { url: path = '', headers } = request;
  return { path, headers, body, ...JSON.parse(body), isAccepted: false };
}

function answer(
  response: ServerResponse,
  mode: ReceiverMode,
  hugeBody: () => AsyncIterable<string>,
  { retryAfter, redirectTo }: Pick<WebhookReceiver, 'retryAfter' | 'redirectTo'>,
): void {
  if (typeof mode === 'number') {
    if (mode >= 300 && retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
    response.writeHead(mode).end(mode < 300 ? undefined : `this is a ${mode}`);
    return;
  }
  switch (mode) {
    case 'slow':
      setTimeout(() => response.writeHead(200).end('at last'), SLOW_MS);
      return;
    case 'silent':
      return;
    case 'redirect':
      response.writeHead(301, { location: redirectTo }).end();
      return;
    case 'reset':
      response.socket?.destroy();
      return;
    case 'huge':
      response.writeHead(200);
      pipeline(Readable.from(hugeBody()), response, () => undefined);
      return;
    case 'endless':
      sendEndlessBody(response.writeHead(500));
  }
}

/**
 * Returns a body of 65 MB that calls `onTaken` for each chunk. It sends one chunk per turn of the
 * event loop, so that a reader in the same process can keep up before system buffers fill.
 */
function toHugeBody(onTaken: (bytes: number) => void): () => AsyncGenerator<string> {
  return async function* () {
    for (let chunk = 0; chunk < HUGE_CHUNKS; chunk += 1) {
      yield CHUNK;
      onTaken(CHUNK.length);
      await nextTurn();
    }
  };
}

/** Sends a body that never ends. */
function sendEndlessBody(response: ServerResponse): void {
  const timer = setInterval(() => response.write('x'), ENDLESS_EVERY_MS);
  response.once('close', () => clearInterval(timer));
}

/** Groups requests by subject and keeps the first arrival of each event. */
export function firstArrivals(received: readonly Received[]): Map<string, Received[]> {
  const bySubject = new Map<string, Received[]>();
  const seenIds = new Set<string>();
  for (const request of received) {
    if (seenIds.has(request.id)) continue;
    seenIds.add(request.id);
    const { subjectId } = request.data;
    bySubject.set(subjectId, [...(bySubject.get(subjectId) ?? []), request]);
  }
  return bySubject;
}
