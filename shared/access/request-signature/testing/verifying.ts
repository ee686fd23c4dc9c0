import { computeSignature } from '../signature-base.ts';
import { type Verification, verifySignedRequest } from '../verify-signed-request.ts';
import {
  API_KEY,
  HOST,
  KEY_ID,
  NOW,
  NOW_S,
  type Received,
  SECRET,
  toReceivedRequest,
} from './received.ts';

/** The lines of the components in `COVERED` for `GET /v1/orders`. */
export const LINES = [
  '"@method": GET',
  `"@target-uri": http://${HOST}/v1/orders`,
  `"x-api-key": ${API_KEY}`,
];
export const COVERED = '("@method" "@target-uri" "x-api-key")';
export const PARAMETERS = `;created=${NOW_S};nonce="0123456789";keyid="${KEY_ID}"`;

/** Verifies a request as the API does. Only the keyid `KEY_ID` has a secret, `SECRET`. */
export function verify(request: Received, publicUrl?: string): Verification {
  const findSecret = (keyId: string) => (keyId === KEY_ID ? SECRET : undefined);
  return verifySignedRequest(toReceivedRequest(request), { findSecret, now: NOW, publicUrl });
}

/** Returns the reason of the refusal, or `ok`. */
export function readReason(request: Received): string {
  const verification = verify(request);
  return verification.ok ? 'ok' : verification.reason;
}

/**
 * Returns `GET /v1/orders` with this signature input and a valid signature over the lines of
 * `base`.
 */
export function signedBy(input: string, base: readonly string[]): Received {
  const text = [...base, `"@signature-params": ${input}`].join('\n');
  const signature = computeSignature(text, SECRET).toString('base64');
  const fields = { 'signature-input': `sig=${input}`, signature: `sig=:${signature}:` };
  const headers = { host: HOST, 'x-api-key': API_KEY, ...fields };
  return { method: 'GET', requestTarget: '/v1/orders', headers, body: Buffer.alloc(0) };
}
