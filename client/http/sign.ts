import {
  type InnerList,
  type Item,
  serializeDictionary,
  serializeInnerList,
} from 'structured-headers';

const LABEL = 'sig';
const NONCE_BYTES = 16;

/** The secrets of a key that requires signatures. */
export interface SigningCredentials {
  readonly keyId: string;
  /** `signingSecret`, as the API showed it. */
  readonly secret: string;
}

interface RequestToSign {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  /** Contains `x-api-key`. An `idempotency-key` is signed as well. */
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * Signs a request by RFC 9421 (hmac-sha256), with a digest of its body by RFC 9530. Sign each
 * attempt again, because a nonce works once.
 * @returns the headers to add
 */
export async function signRequest(
  { method, url, headers, body }: RequestToSign,
  { keyId, secret }: SigningCredentials,
): Promise<Record<string, string>> {
  const added: Record<string, string> = {};
  const { origin, pathname, search } = new URL(url);
  const values = new Map([
    ['@method', method],
    // As it is sent: without a fragment, and without the question mark of an empty query.
    ['@target-uri', `${origin}${pathname}${search}`],
  ]);
  for (const name of ['x-api-key', 'idempotency-key']) {
    const value = headers.get(name);
    if (value !== null) values.set(name, value);
  }
  if (body.length > 0) {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
    added['content-digest'] = `sha-256=:${toBase64(digest)}:`;
    values.set('content-digest', added['content-digest']);
  }
  const covered: InnerList = [
    [...values.keys()].map((name): Item => [name, new Map()]),
    new Map<string, string | number>([
      ['created', Math.floor(Date.now() / 1_000)],
      ['nonce', newNonce()],
      ['keyid', keyId],
    ]),
  ];
  const lines = [...values].map(([name, value]) => `"${name}": ${value}`);
  const base = [...lines, `"@signature-params": ${serializeInnerList(covered)}`].join('\n');
  added['signature-input'] = serializeDictionary(new Map([[LABEL, covered]]));
  added['signature'] = `${LABEL}=:${toBase64(await hmac(secret, base))}:`;
  return added;
}

/** Returns 128 random bits in hex. `crypto.randomUUID` exists in secure contexts only. */
export function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function hmac(secret: string, text: string): Promise<Uint8Array> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, [
    'sign',
  ]);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
