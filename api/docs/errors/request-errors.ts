/** Errors of requests, callers and the system: when each occurs, and what to do. */
export const REQUEST_ERRORS = {
  invalid_request: [
    'a field is missing, unknown or out of range; `errors` names up to twenty fields',
    'correct the fields',
  ],
  malformed_json: [
    'the body is not JSON or not valid Unicode, is nested too deep, or repeats a member, which `errors` names',
    'correct the body',
  ],
  malformed_request: [
    'the request is not well-formed HTTP/1.1, has no `Host` header or several, or an invalid request target',
    'correct the request',
  ],
  idempotency_key_required: ['a checkout without an `Idempotency-Key` header', 'send a key'],
  idempotency_key_invalid: [
    'the `Idempotency-Key` is empty, too long, or not visible ASCII',
    'use another key',
  ],
  unauthenticated: [
    'the request has no key or token, has both, or has one that is invalid or expired',
    'check the key; refresh the token',
  ],
  invalid_signature: [
    'the signature is invalid, or is missing although the key requires one',
    'check the covered components, the clock and the nonce',
  ],
  wrong_credentials: [
    'the e-mail address or the password is wrong',
    'check both; after several wrong passwords, wait as for `too_many_guesses`',
  ],
  operator_required: [
    "`/ops` or `/metrics` without an operator's login",
    'log in with `OPS_USERNAME` and `OPS_PASSWORD`, or with a login from `npm run admin -- operators add`',
  ],
  missing_scope: ['the key lacks the scope in `scope`', 'use a key that has the scope'],
  forbidden: [
    'this kind of caller may not send the request; or a buyer acts for another buyer, or sets charges or metadata',
    'use other credentials',
  ],
  storefront_not_allowed: [
    'the seller in `shopId` does not let this storefront sell `variantId`, or make this `move`',
    'ask the seller to list the storefront, or remove the line',
  ],
  outside_production_only: [
    'a checkout sets the length of its reservation in production, where all orders hold their units for the same time',
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
    'the resource does not exist or is not visible to you, or the path is unknown',
    'check the id, the path and the credentials',
  ],
  method_not_allowed: [
    'the path does not support this method; `Allow` lists the methods that it supports',
    'use a listed method',
  ],
  request_timeout: [
    'the request did not arrive in time; the connection is closed',
    'send it again',
  ],
  upload_incomplete: [
    'the body of a file that is not signed stalled for ten seconds, took longer than a minute (75 seconds with `mode=upsert`), or broke off; the connection is closed',
    'send it again',
  ],
  precondition_failed: ['the resource has changed since the `ETag` in `If-Match`', 'read it again'],
  body_too_large: [
    'the body is larger than 1 MiB (a file: 32 MiB, or 1 MiB if the request is signed); the connection is closed',
    'send less',
  ],
  unsupported_media_type: [
    'the body is not `application/json` (a file: neither NDJSON nor CSV), is compressed, or is not in UTF-8',
    'send it uncompressed, with the right type',
  ],
  expectation_failed: [
    'the request has an `Expect` header other than `100-continue`',
    'omit the header',
  ],
  headers_too_large: [
    'the request line and the headers exceed 16 KiB',
    'send fewer or shorter headers',
  ],
  unknown_method: ['the method is not an HTTP method', 'use a method that the path supports'],
  too_many_requests: [
    'the quota of the key, its buyers, the shop’s sessions or the address is used up; or two exports of the shop are in progress',
    'wait for `Retry-After`',
  ],
  too_many_guesses: [
    'too many wrong passwords, or sign-ups with taken e-mail addresses or weak passwords; `retryAfterS` is the time to wait, in seconds',
    'wait, then try again',
  ],
  too_many_waits: [
    'the buyer, all buyers of the shop, or all keys of the shop have too many event streams or waits open; or a process has 100 watchers of the observatory',
    'wait for `Retry-After`, or close one of them',
  ],
  too_many_signups: [
    'too many shops were opened within an hour, from this address or in total; `retryAfterS` is the time to wait, in seconds',
    'wait, then try again',
  ],
  internal_error: [
    'a defect of the API',
    'repeat the request once with the same key; report the `requestId`',
  ],
  overloaded: [
    'the system is overloaded; `reason` describes the cause. The request had no effect',
    'wait for `Retry-After`, then repeat the request with the same key',
  ],
  service_unavailable: [
    'MongoDB does not answer in time, concurrent requests get in the way or an import took too long, and the outcome is unknown; or Redis cannot be reached to check a signature, or to pause or resume settling',
    'wait for `Retry-After`, then repeat the request with the same key',
  ],
} as const;
