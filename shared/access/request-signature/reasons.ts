/** The reasons to refuse a signature, with the detail that the caller gets. */
export const SIGNATURE_REFUSALS = {
  missing: 'The request is not signed.',
  malformed: 'Signature or Signature-Input is malformed.',
  unknown_key: 'No signature has the keyid of the API key in X-Api-Key.',
  wrong_algorithm: 'The algorithm must be hmac-sha256.',
  created_missing: 'The signature must have a `created` parameter.',
  not_current: 'The `created` time is more than 300 seconds before or after the current time.',
  expired: 'The signature has expired.',
  nonce_invalid: 'The signature must have a nonce of 8 to 128 characters.',
  not_covered:
    'The signature must cover @method, @target-uri (or @authority, @path and @query), x-api-key ' +
    'and, with a body, content-digest.',
  component_unsupported: 'The signature covers a component that is not supported.',
  component_missing: 'The signature covers a header that the request lacks.',
  mismatch: 'The signature does not match the request.',
  digest_mismatch: 'Content-Digest has no sha-256 that matches the body.',
} as const;

/** Why a signature is refused. */
export type SignatureRefusal = keyof typeof SIGNATURE_REFUSALS;
