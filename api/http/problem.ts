import { STATUS_CODES } from 'node:http';
import { type ErrorCode, RefusedError } from '../../shared/domain/errors.ts';
import { DeadlineError } from '../../shared/runtime/deadline.ts';
import { QueueFullError } from '../../shared/runtime/group-commit.ts';
import { isTransientError } from '../../shared/store/faults.ts';
import { StaleReadError } from '../../shared/store/transaction.ts';

/** The HTTP status of each refusal. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  malformed_json: 400,
  malformed_request: 400,
  headers_too_large: 431,
  request_timeout: 408,
  expectation_failed: 417,
  unknown_method: 501,
  method_not_allowed: 405,
  unsupported_media_type: 415,
  body_too_large: 413,
  idempotency_key_required: 400,
  idempotency_key_invalid: 400,
  idempotency_key_reused: 422,
  unauthenticated: 401,
  invalid_signature: 401,
  wrong_credentials: 401,
  too_many_guesses: 429,
  too_many_signups: 429,
  too_many_waits: 429,
  too_many_requests: 429,
  email_taken: 409,
  weak_password: 422,
  operator_required: 401,
  cross_site_request: 403,
  ops_read_only: 403,
  missing_scope: 403,
  forbidden: 403,
  storefront_not_allowed: 403,
  storefront_not_listed: 403,
  not_found: 404,
  unknown_variant: 422,
  product_unpublished: 422,
  currency_mismatch: 422,
  amount_too_large: 422,
  quantity_not_allowed: 422,
  cart_full: 422,
  cart_empty: 422,
  cart_checked_out: 409,
  cart_changed: 409,
  duplicate_sku: 409,
  overlapping_variants: 422,
  unknown_option: 422,
  variant_has_stock: 409,
  precondition_failed: 412,
  import_in_progress: 409,
  import_refused: 422,
  upload_incomplete: 408,
  invalid_transition: 409,
  sale_ends_before_start: 422,
  not_on_sale_yet: 409,
  sale_over: 409,
  outside_production_only: 403,
  draw_ends_before_start: 422,
  draw_exceeds_stock: 409,
  unknown_draw: 422,
  draw_variant_mismatch: 422,
  draw_quantity_exceeded: 422,
  draw_not_open_yet: 409,
  draw_closed: 409,
  draw_full: 409,
  draw_not_closed: 409,
  already_entered: 409,
  tracking_reference_taken: 409,
  reservation_too_long: 422,
  quantity_exceeded: 409,
  already_waiting: 409,
  checkout_settled: 409,
  checkout_not_failed: 409,
  stock_changed: 409,
  stock_below_reserved: 409,
  stock_out_of_range: 422,
  adjustments_refused: 409,
  code_taken: 409,
  usage_limit_below_uses: 409,
  unknown_product: 422,
  unknown_storefront: 422,
  too_many_storefronts: 409,
  too_many_webhooks: 409,
  too_many_keys: 409,
  too_many_secrets: 409,
  webhook_disabled: 409,
  overloaded: 503,
  service_unavailable: 503,
  internal_error: 500,
};

/** Every `code` of a problem document. */
export const ERROR_CODES = Object.keys(STATUS) as [ErrorCode, ...ErrorCode[]];

/** Returns the HTTP status of a code. */
export function toStatus(code: ErrorCode): number {
  return STATUS[code];
}

/** Returns the codes with this status. */
export function codesWithStatus(status: number): readonly ErrorCode[] {
  return ERROR_CODES.filter((code) => STATUS[code] === status);
}

/** The title of each status: Node's titles, except for two that RFC 9110 has renamed. */
const TITLE: Readonly<Record<number, string | undefined>> = {
  ...STATUS_CODES,
  413: 'Content Too Large',
  422: 'Unprocessable Content',
};

/** `Retry-After` of a 503 without its own time. */
const RETRY_AFTER_S = '1';

/** A problem document, `application/problem+json` (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** Whether the error is a fault of the system, which should be logged. */
  readonly isFault: boolean;
}

/**
 * Converts an error to a problem document. Its `type` is the path of the page that explains the
 * error. An unexpected error gets a fixed text, without details.
 * @param basePath the path of `PUBLIC_URL`
 */
export function toProblem(error: unknown, requestId: string, basePath = ''): Problem {
  const refusal = error instanceof RefusedError ? error : toRefusal(error);
  const status = STATUS[refusal.code];
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (status === 503) headers['retry-after'] = RETRY_AFTER_S;
  // With these statuses the rest of the body is not read, so the connection cannot be used again.
  if (status === 413 || status === 408) headers['connection'] = 'close';
  const { retryAfterS } = refusal.extra;
  if (typeof retryAfterS === 'number') headers['retry-after'] = String(Math.max(1, retryAfterS));
  if (refusal.code === 'unsupported_media_type') headers['accept-encoding'] = 'identity';
  return {
    status,
    headers,
    isFault: refusal !== error && refusal.code !== 'overloaded',
    body: {
      type: `${basePath}/docs/errors/${refusal.code}`,
      title: TITLE[status],
      status,
      detail: refusal.message,
      code: refusal.code,
      requestId,
      ...(refusal.fields.length === 0 ? {} : { errors: refusal.fields }),
      ...refusal.extra,
    },
  };
}

function toRefusal(error: unknown): RefusedError {
  if (error instanceof QueueFullError) {
    const detail = 'Too many requests are waiting. The request had no effect. Try again later.';
    return new RefusedError('overloaded', detail, [], { reason: 'queue_full' });
  }
  const isTransient =
    error instanceof DeadlineError || error instanceof StaleReadError || isTransientError(error);
  if (isTransient) {
    const detail =
      'The database did not complete the request in time. It is unknown whether the request took effect.';
    return new RefusedError('service_unavailable', detail);
  }
  return new RefusedError(
    'internal_error',
    'An internal error occurred. If it happens again, report the requestId.',
  );
}
