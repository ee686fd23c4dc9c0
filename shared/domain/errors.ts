/** Every stable word that a refused request can carry as its `code`. */
export type ErrorCode =
  | 'invalid_request'
  | 'malformed_json'
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'idempotency_key_required'
  | 'idempotency_key_invalid'
  | 'idempotency_key_reused'
  | 'unauthenticated'
  | 'invalid_signature'
  | 'wrong_credentials'
  | 'too_many_guesses'
  | 'too_many_requests'
  | 'email_taken'
  | 'operator_required'
  | 'cross_site_request'
  | 'ops_read_only'
  | 'missing_scope'
  | 'forbidden'
  | 'not_found'
  | 'unknown_variant'
  | 'product_unpublished'
  | 'currency_mismatch'
  | 'amount_too_large'
  | 'quantity_not_allowed'
  | 'cart_full'
  | 'cart_empty'
  | 'cart_checked_out'
  | 'cart_changed'
  | 'duplicate_sku'
  | 'overlapping_variants'
  | 'unknown_option'
  | 'variant_has_stock'
  | 'precondition_failed'
  | 'import_in_progress'
  | 'import_refused'
  | 'upload_incomplete'
  | 'invalid_transition'
  | 'tracking_reference_taken'
  | 'checkout_settled'
  | 'checkout_not_failed'
  | 'stock_changed'
  | 'stock_below_reserved'
  | 'stock_out_of_range'
  | 'code_taken'
  | 'usage_limit_below_uses'
  | 'unknown_product'
  | 'too_many_webhooks'
  | 'too_many_secrets'
  | 'webhook_disabled'
  | 'overloaded'
  | 'service_unavailable'
  | 'internal_error';

/** One offending part of a request; `path` is dotted, e.g. `lines.0.quantity`. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** A request that is refused for a reason its caller can act on. */
export class RefusedError extends Error {
  readonly code: ErrorCode;
  readonly fields: readonly FieldError[];
  /** Further members for the problem document, e.g. the id of the thing in the way. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    detail: string,
    fields: readonly FieldError[] = [],
    extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.name = 'RefusedError';
    this.code = code;
    this.fields = fields;
    this.extra = extra;
  }
}

/** Shorthand for a refusal that names one field. */
export function refuseField(
  code: ErrorCode,
  path: string,
  message: string,
  extra: Readonly<Record<string, unknown>> = {},
): RefusedError {
  return new RefusedError(code, message, [{ path, message }], extra);
}
