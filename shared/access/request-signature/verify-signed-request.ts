import { timingSafeEqual } from 'node:crypto';
import type { InnerList, Parameters } from 'structured-headers';
import { matchesDigest } from './content-digest.ts';
import { parseRequestTarget } from './message.ts';
import type { SignatureRefusal } from './reasons.ts';
import { computeSignature, signatureBase } from './signature-base.ts';
import { readSignatures, type StatedSignature } from './signature-fields.ts';

/** The `created` time of a signature may differ from the verifier's clock by this much. */
const CREATED_SKEW_S_MAX = 300;
const NONCE_CHARACTERS_MIN = 8;
const NONCE_CHARACTERS_MAX = 128;

/** A request as it was received. */
export interface ReceivedRequest {
  readonly method: string;
  /** As on the request line, in origin form: `/path?query`, not decoded and not normalized. */
  readonly requestTarget: string;
  /**
   * Returns a header by its lower-case name; several lines of one field are joined by a comma and a
   * space.
   */
  readonly header: (name: string) => string | undefined;
  /** Exactly the bytes received; empty without a body. */
  readonly body: Uint8Array;
}

interface VerifyOptions {
  /** Returns the signing secret if `keyId` is the id of the API key in the request. */
  readonly findSecret: (keyId: string) => string | Uint8Array | undefined;
  readonly now: Date;
  /**
   * The URL at which callers reach the API, e.g. `https://api.example/shop`; see
   * `parseRequestTarget`.
   */
  readonly publicUrl?: string | undefined;
}

/** The result of a verification. The caller has to check that the nonce is new. */
export type Verification =
  | {
      readonly ok: true;
      readonly keyId: string;
      readonly nonce: string;
      /** Seconds since 1970. */
      readonly created: number;
    }
  | { readonly ok: false; readonly reason: SignatureRefusal };

/** Returns whether a request has a signature field, and so must be verified. */
export function isSigned(header: (name: string) => string | undefined): boolean {
  return header('signature-input') !== undefined || header('signature') !== undefined;
}

/**
 * Verifies an RFC 9421 signature by hmac-sha256 over the method, target, API key and body of a
 * request. If there are several signatures, only the first with the caller's keyid counts, even if
 * a later one is valid. Signatures with other keyids, e.g. by proxies, are ignored.
 */
export function verifySignedRequest(
  request: ReceivedRequest,
  { findSecret, now, publicUrl }: VerifyOptions,
): Verification {
  const signatureInput = request.header('signature-input');
  const signature = request.header('signature');
  if (signatureInput === undefined && signature === undefined) return refuse('missing');
  const signatures = readSignatures(signatureInput ?? '', signature ?? '');
  if (signatures === undefined) return refuse('malformed');
  for (const stated of signatures) {
    const { keyId } = stated;
    const secret = keyId === undefined ? undefined : findSecret(keyId);
    if (keyId === undefined || secret === undefined) continue;
    const checked = checkParameters(stated.parameters, now);
    if ('refusal' in checked) return refuse(checked.refusal);
    const refusal = checkMatch(request, stated, secret, publicUrl);
    return refusal === undefined ? { ok: true, keyId, ...checked } : refuse(refusal);
  }
  return refuse('unknown_key');
}

function checkParameters(
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
  const target = parseRequestTarget(requestTarget, header('host'), publicUrl);
  if (target === undefined) return 'mismatch';
  const text = signatureBase(stated.covered, { method, target, header });
  if ('fault' in text) return text.fault;
  if (!areEqual(stated.bytes, computeSignature(text.base, secret))) return 'mismatch';
  // The digest is checked last, so that only holders of the secret can cause a large body to be
  // hashed.
  const digest = header('content-digest');
  const isDigestRight = digest === undefined || matchesDigest(digest, body);
  return isDigestRight ? undefined : 'digest_mismatch';
}

function coversEnough([components]: InnerList, hasBody: boolean): boolean {
  const covers = (...names: string[]) =>
    names.every((name) => components.some((component) => component[0] === name));
  if (!covers('@method', 'x-api-key')) return false;
  if (!covers('@target-uri') && !covers('@authority', '@path', '@query')) return false;
  return !hasBody || covers('content-digest');
}

/** `timingSafeEqual` throws on different lengths; the length of a signature is not secret. */
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
