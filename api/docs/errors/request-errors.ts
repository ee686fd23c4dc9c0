/** Errors of requests, callers and the system: when each occurs, and what to do. */
export const REQUEST_ERRORS = {
  invalid_request: [
    'a field is missing, unknown or out of range; `errors` names up to twenty',
    'correct it',
  ],
  malformed_json: [
    'not JSON, nested too deep, or an object with a duplicate member, which `errors` names',
    'correct it',
  ],
  malformed_request: [
    'not well-formed HTTP/1.1; none or several `Host` headers; an invalid request target',
    'correct it',
  ],
  idempotency_key_required: ['a checkout without the header', 'send one'],
  idempotency_key_invalid: ['empty, too long, or not visible ASCII', 'use another'],
  unauthenticated: [
    'no key or token, both, or an invalid or expired one',
    'check it; refresh the token',
  ],
  invalid_signature: [
    'an invalid signature, or none with a key that requires one',
    'check the covered components, the clock, the nonce',
  ],
  wrong_credentials: [
    'the e-mail address or the password is wrong',
    'check both; after several wrong passwords wait as `too_many_guesses` says',
  ],
  operator_required: [
    "`/ops` or `/metrics` without an operator's login",
    'log in with `OPS_USERNAME` and `OPS_PASSWORD`, or with a login from `npm run admin -- operators add`',
  ],
  missing_scope: ['the key lacks the scope in `scope`', 'get a key that has it'],
  forbidden: ['not allowed for this kind of caller', 'use another kind of credentials'],
  storefront_not_allowed: [
    'the seller in `shopId` does not let this storefront sell `variantId`, or make this `move`',
    'ask the seller to list the storefront; take the line out',
  ],
  outside_production_only: [
    'a checkout with its own reservation length in production, where all orders hold their units for the same time',
    'omit the length',
  ],
  storefront_not_listed: [
    "only the shop's own and its listed storefronts sell products with a purchase limit, enter buyers into draws and let buyers wait; `shopId` names the shop, and `variantId` a limited variant",
    'ask the seller to list the storefront',
  ],
  cross_site_request: [
    'a cross-site request to `/ops`',
    'send it from a page of the API itself, or without a browser',
  ],
  ops_read_only: [
    'a change under `/ops` while it is read-only, or by a read-only operator',
    'see [operations](operations.md#watching)',
  ],
  not_found: [
    'it does not exist, or is not yours; also an unknown path',
    'check the id, the path and the credentials',
  ],
  method_not_allowed: ['the path has other methods, listed in `Allow`', 'use one of them'],
  request_timeout: [
    'the request did not arrive in time; the connection is closed',
    'send it again',
  ],
  upload_incomplete: [
    'the body stalled for ten seconds, took longer than a minute, or broke off; the connection is closed',
    'send it again',
  ],
  precondition_failed: ['it has changed since the `ETag` in `If-Match`', 'read it again'],
  body_too_large: ['more than 1 MiB, or 32 of a file; the connection is closed', 'send less'],
  unsupported_media_type: [
    'the body is not `application/json` (a file: not NDJSON or CSV), compressed, or not UTF-8',
    'send it uncompressed in the right type',
  ],
  expectation_failed: ['an `Expect` other than `100-continue`', 'leave it out'],
  headers_too_large: ['more than 16 KiB of request line and headers', 'send less'],
  unknown_method: ['not an HTTP method', 'use a method that the path has'],
  too_many_requests: [
    'a quota is used up: of the key, its buyers, the shop’s sessions or the address; or two exports of the shop are in progress',
    'wait for `Retry-After`',
  ],
  too_many_guesses: ['too many wrong passwords; `retryAfterS` is how long to wait', 'wait'],
  too_many_waits: [
    'the buyer or the key has too many event streams or waits open',
    'wait for `Retry-After`, or close one',
  ],
  too_many_signups: [
    'too many shops were opened within an hour, from this address or in total; `retryAfterS` is the time to wait',
    'wait',
  ],
  internal_error: ['a defect of ours', 'repeat with the same key once; report the `requestId`'],
  overloaded: [
    'too much load; `reason` says of what. The request had no effect',
    'wait for `Retry-After`, repeat with the same key',
  ],
  service_unavailable: ['MongoDB cannot be reached; the outcome is unknown', 'the same'],
} as const;
