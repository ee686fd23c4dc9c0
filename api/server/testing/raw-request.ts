import { connect } from 'node:net';

const ANSWER_TIMEOUT_MS = 10_000;

/** An answer as received over the socket. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  /** The parsed JSON, or the text of another type. */
  readonly body: unknown;
}

/**
 * Sends a text unchanged, and returns what is received until the server closes the connection.
 * @throws Error after 10 s without a byte
 */
export function readRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.setTimeout(ANSWER_TIMEOUT_MS, () =>
      socket.destroy(new Error('the connection was not closed')),
    );
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
    socket.write(text);
  });
}

/** Sends a text unchanged, and returns the only answer. */
export async function sendRaw(port: number, text: string): Promise<RawAnswer> {
  return parseAnswer(await readRaw(port, text));
}

/** Splits an answer into status, head and body. */
function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const head = text.slice(0, end);
  const body = text.slice(end + 4);
  const isJson = /^content-type: application\/(?:problem\+)?json/im.test(head);
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
  return { status, head, body: isJson && body !== '' ? JSON.parse(body) : body };
}
