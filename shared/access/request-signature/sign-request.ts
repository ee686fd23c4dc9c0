import { randomBytes } from 'node:crypto';
import type { InnerList, Item } from 'structured-headers';
import { serializeDictionary } from 'structured-headers';
import { contentDigest } from './content-digest.ts';
import { parseTarget } from './message.ts';
import { computeSignature, signatureBase } from './signature-base.ts';

const LABEL = 'sig';
const NONCE_BYTES = 16;

/** A request to be signed and sent. */
export interface RequestToSign {
  /** As it will be sent, in upper case. */
  readonly method: string;
  /** Absolute, in the form of `new URL(…).href`. */
  readonly url: string;
  /** Other headers of the request; an `Idempotency-Key` is signed as well. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Exactly as it will be sent. */
  readonly body?: string | Uint8Array;
  readonly apiKey: string;
  readonly keyId: string;
  /**
   * The signing secret as the API returned it. Its characters are the HMAC key: do not decode it.
   */
  readonly secret: string | Uint8Array;
  /** Seconds since 1970; the current time by default. */
  readonly created?: number;
  /** Must be new for each request; 128 random bits by default. */
  readonly nonce?: string;
}

/**
 * Signs a request for the API (RFC 9421, hmac-sha256). Sign each retry again, because a nonce works
 * only once.
 * @returns all headers to send, with lower-case names
 * @throws TypeError when the URL is not absolute, or a signed header contains a line break
 * @throws Error when the nonce or the key id contains a character outside printable ASCII
 */
export function signRequest(request: RequestToSign): Record<string, string> {
  const { method, body, apiKey, keyId, secret } = request;
  const headers: Record<string, string> = { 'x-api-key': apiKey };
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    headers[name.toLowerCase()] = value;
  }
  const components = ['@method', '@target-uri', 'x-api-key'];
  if (headers['idempotency-key'] !== undefined) components.push('idempotency-key');
  if (body !== undefined && body.length > 0) {
    headers['content-digest'] = contentDigest(body);
    components.push('content-digest');
  }
  const created = request.created ?? Math.floor(Date.now() / 1_000);
  const nonce = request.nonce ?? randomBytes(NONCE_BYTES).toString('base64url');
  const covered: InnerList = [
    components.map((name): Item => [name, new Map()]),
    new Map<string, string | number>([
      ['created', created],
      ['nonce', nonce],
      ['keyid', keyId],
    ]),
  ];
  const target = parseTarget(request.url);
  if (target === undefined) throw new TypeError(`${request.url} is not an absolute URL`);
  const text = signatureBase(covered, { method, target, header: (name) => headers[name] });
  if ('fault' in text) throw new TypeError('a signed header contains a line break');
  headers['signature-input'] = serializeDictionary(new Map([[LABEL, covered]]));
  const bytes = computeSignature(text.base, secret);
  headers['signature'] = serializeDictionary(new Map([[LABEL, [bytes, new Map()] as Item]]));
  return headers;
}
