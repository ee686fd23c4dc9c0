/** The parts of a response that the light client reads. */
export interface LightResponse {
  readonly status: number;
  readonly body: string;
  /** The Retry-After header of a refusal (400 or above), in ms. */
  readonly retryAfterMs?: number;
  /** Set if the body of a refusal is a problem document. */
  readonly isProblem?: true;
}

/** A complete response, and whether its connection may be reused. */
export interface WholeAnswer {
  readonly response: LightResponse;
  readonly keepsConnection: boolean;
}

export const HEAD_END = '\r\n\r\n';
const HEAD_CHARACTERS_MAX = 65_536;
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})/;
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;
const PROBLEM = /\r\ncontent-type: *application\/problem\+json/i;
const RETRY_AFTER = /\r\nretry-after: *(\d+)/i;
const TRANSFER_ENCODING = /\r\ntransfer-encoding:/i;
const CONNECTION_CLOSE = /\r\nconnection: *close/i;
const NOT_ASCII = /[\x80-\xff]/;
const WITHOUT_BODY = new Set([204, 304]);
const REFUSAL_MIN = 400;

/**
 * Reads a response from the data received so far, decoded as latin1.
 * @returns undefined while the response is incomplete
 * @throws Error if the data is not a response or has a form that the light client does not support
 */
export function readResponse(received: string): WholeAnswer | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) {
    if (received.length > HEAD_CHARACTERS_MAX)
      throw new Error('the head of the response never ends');
    return undefined;
  }
  const head = received.slice(0, headEnd);
  const status = Number(STATUS_LINE.exec(head)?.[1]);
  if (Number.isNaN(status))
    throw new Error(`the server does not speak HTTP/1: ${head.slice(0, 40)}`);
  const bodyStart = headEnd + HEAD_END.length;
  const bodyEnd = bodyStart + bodyLength(head, status);
  if (received.length < bodyEnd) return undefined;
  if (received.length > bodyEnd) throw new Error('the server sent more than one response');
  const body = utf8(received.slice(bodyStart));
  const isRefusal = status >= REFUSAL_MIN;
  const retryAfterS = isRefusal ? RETRY_AFTER.exec(head)?.[1] : undefined;
  return {
    response: {
      status,
      body,
      ...(retryAfterS !== undefined && { retryAfterMs: Number(retryAfterS) * 1_000 }),
      ...(isRefusal && PROBLEM.test(head) && { isProblem: true }),
    },
    keepsConnection: !CONNECTION_CLOSE.test(head),
  };
}

function bodyLength(head: string, status: number): number {
  const length = CONTENT_LENGTH.exec(head)?.[1];
  if (length !== undefined) return Number(length);
  if (WITHOUT_BODY.has(status)) return 0;
  const how = TRANSFER_ENCODING.test(head) ? 'in chunks' : 'without a length';
  throw new Error(`the server responded ${how}, which this client does not support`);
}

function utf8(latin1: string): string {
  return NOT_ASCII.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1;
}
