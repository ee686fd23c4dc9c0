import type { ClientRequest, IncomingMessage } from 'node:http';

/** What came back. Its body is of no use but to people who look for a mistake. */
export interface Answer {
  readonly status: number;
  /** The beginning of the body. */
  readonly response: string;
  /** As the receiver wrote it. */
  readonly retryAfter: string | undefined;
}

/** What of a body is kept. */
const RESPONSE_BYTES_MAX = 1_024;
/** A body up to this is read to its end, so that the connection can be used again. */
const READ_BYTES_MAX = 16_384;

/**
 * Sends the body and reads the answer. Its headers decide; the body is read for a bounded time and
 * up to a bounded size, and then cut.
 */
export function readAnswer(
  request: ClientRequest,
  body: string,
  bodyTimeoutMs: number,
): Promise<Answer> {
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
