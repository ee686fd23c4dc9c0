import { timingSafeEqual } from 'node:crypto';
import type { InnerList, Parameters } from 'structured-headers';
import { CREATED_SKEW_S_MAX, NONCE_CHARACTERS_MAX, NONCE_CHARACTERS_MIN } from './bounds.ts';
import { isDigestOf } from './content-digest.ts';
import { targetOfRequest } from './message.ts';
import type { SignatureRefusal } from './reasons.ts';
import { signatureBase, signatureOf } from './signature-base.ts';
import { readSignatures, type StatedSignature } from './signature-fields.ts';

/** A request as it came in. */
export interface ReceivedRequest {
  readonly method: string;
  /** As on the request line, in origin form: `/path?query`, not decoded and not normalized. */
  readonly requestTarget: string;
  /** By lower-case name; several lines of one field are joined by a comma and a space. */
  readonly header: (name: string) => string | undefined;
  /** Exactly the bytes received; none when there is no body. */
  readonly body: Uint8Array;
}

interface Verifying {
  /** The secret of a keyid, if that belongs to the API key which the request presents. */
  readonly findSecret: (keyId: string) => string | Uint8Array | undefined;
  readonly now: Date;
  /** Where callers reach the API, e.g. `https://api.example/shop`; see `targetOfRequest`. */
  readonly publicUrl?: string | undefined;
}

/** Whether the request is signed by its key. That the nonce is new is for others to find out. */
export type Verification =
  | {
      readonly ok: true;
      readonly keyId: string;
      readonly nonce: string;
      /** Seconds since 1970. */
      readonly created: number;
    }
  | { readonly ok: false; readonly reason: SignatureRefusal };

/** Whether a request claims to be signed, and must therefore be checked. */
export function isSigned(header: (name: string) => string | undefined): boolean {
  return header('signature-input') !== undefined || header('signature') !== undefined;
}

/**
 * Checks an RFC 9421 signature by hmac-sha256 that covers all that matters of a request. Of
 * several, the first that names a keyid of the caller's must be good: one that is not does not
 * become so because another follows, and those of others (a proxy's, say) do not count at all.
 */
export function verifySignedRequest(request: ReceivedRequest, verifying: Verifying): Verification {
  const signatureInput = request.header('signature-input');
  const signature = request.header('signature');
  if (signatureInput === undefined && signature === undefined) return refuse('missing');
  const signatures = readSignatures(signatureInput ?? '', signature ?? '');
  if (signatures === undefined) return refuse('malformed');
  for (const stated of signatures) {
    const { keyId } = stated;
    const secret = keyId === undefined ? undefined : verifying.findSecret(keyId);
    if (keyId === undefined || secret === undefined) continue;
    const terms = readTerms(stated.parameters, verifying.now);
    if ('refusal' in terms) return refuse(terms.refusal);
    const refusal = checkMatch(request, stated, secret, verifying.publicUrl);
    return refusal === undefined ? { ok: true, keyId, ...terms } : refuse(refusal);
  }
  return refuse('unknown_key');
}

function readTerms(
  parameters: Parameters,
  now: Date,
): { nonce: string; created: number } | { refusal: SignatureRefusal } {
  const nowS = Math.floor(now.getTime() / 1_000);
  const algorithm = parameters.get('alg');
  if (algorithm !== undefined && algorithm !== 'hmac-sha256') return { refusal: 'wrong_algorithm' };
  const created = parameters.get('created');
  if (!isTime(created)) return { refusal: 'created_missing' };
  if (Math.abs(nowS - created) > CREATED_SKEW_S_MAX) return { refusal: 'not_current' };
  const expires = parameters.get('expires');
  if (expires !== undefined && !(isTime(expires) && nowS <= expires)) return { refusal: 'expired' };
  const nonce = parameters.get('nonce');
  if (!isNonce(nonce)) return { refusal: 'nonce_invalid' };
  return { nonce, created };
}

function checkMatch(
  request: ReceivedRequest,
  stated: StatedSignature,
  secret: string | Uint8Array,
  publicUrl: string | undefined,
): SignatureRefusal | undefined {
  const { method, requestTarget, header, body } = request;
  if (stated.bytes === undefined) return 'malformed';
  if (!coversEnough(stated.covered, body.length > 0)) return 'not_covered';
  const target = targetOfRequest(requestTarget, header('host'), publicUrl);
  if (target === undefined) return 'mismatch';
  const text = signatureBase(stated.covered, { method, target, header });
  if ('fault' in text) return text.fault;
  if (!areEqual(stated.bytes, signatureOf(text.base, secret))) return 'mismatch';
  // Last, since a body may be large: it is hashed for none but holders of the secret.
  const digest = header('content-digest');
  const isDigestGood = digest === undefined || isDigestOf(digest, body);
  return isDigestGood ? undefined : 'digest_mismatch';
}

function coversEnough([components]: InnerList, hasBody: boolean): boolean {
  const covers = (...names: string[]) =>
    names.every((name) => components.some((component) => component[0] === name));
  if (!covers('@method', 'x-api-key')) return false;
  if (!covers('@target-uri') && !covers('@authority', '@path', '@query')) return false;
  return !hasBody || covers('content-digest');
}

/** The length of a signature is no secret, and `timingSafeEqual` throws on unequal ones. */
function areEqual(stated: Uint8Array, actual: Uint8Array): boolean {
  return stated.length === actual.length && timingSafeEqual(stated, actual);
}

function isTime(value: unknown): value is number {
  return Number.isInteger(value);
}

function isNonce(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  return value.length >= NONCE_CHARACTERS_MIN && value.length <= NONCE_CHARACTERS_MAX;
}

function refuse(reason: SignatureRefusal): Verification {
  return { ok: false, reason };
}
