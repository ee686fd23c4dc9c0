/** The stable `code` of every refusal. */
export type ErrorCode =
  | 'invalid_request'
  | 'malformed_json'
  | 'malformed_request'
  | 'headers_too_large'
  | 'request_timeout'
  | 'expectation_failed'
  | 'unknown_method'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'idempotency_key_required'
  | 'idempotency_key_invalid'
  | 'idempotency_key_reused'
  | 'unauthenticated'
  | 'invalid_signature'
  | 'wrong_credentials'
  | 'too_many_guesses'
  | 'too_many_signups'
  | 'too_many_waits'
  | 'too_many_requests'
  | 'email_taken'
  | 'weak_password'
  | 'operator_required'
  | 'cross_site_request'
  | 'ops_read_only'
  | 'missing_scope'
  | 'forbidden'
  | 'storefront_not_allowed'
  | 'storefront_not_listed'
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
  | 'sale_ends_before_start'
  | 'not_on_sale_yet'
  | 'sale_over'
  | 'outside_production_only'
  | 'draw_ends_before_start'
  | 'draw_exceeds_stock'
  | 'unknown_draw'
  | 'draw_variant_mismatch'
  | 'draw_quantity_exceeded'
  | 'draw_not_open_yet'
  | 'draw_closed'
  | 'draw_full'
  | 'draw_not_closed'
  | 'already_entered'
  | 'variant_has_stock'
  | 'precondition_failed'
  | 'import_in_progress'
  | 'import_refused'
  | 'upload_incomplete'
  | 'invalid_transition'
  | 'tracking_reference_taken'
  | 'reservation_too_long'
  | 'quantity_exceeded'
  | 'already_waiting'
  | 'checkout_settled'
  | 'checkout_not_failed'
  | 'stock_changed'
  | 'stock_below_reserved'
  | 'stock_out_of_range'
  | 'adjustments_refused'
  | 'code_taken'
  | 'usage_limit_below_uses'
  | 'unknown_product'
  | 'unknown_storefront'
  | 'too_many_storefronts'
  | 'too_many_webhooks'
  | 'too_many_keys'
  | 'too_many_secrets'
  | 'webhook_disabled'
  | 'overloaded'
  | 'service_unavailable'
  | 'internal_error';

/** One offending part of a request; `path` is dotted, e.g. `lines.0.quantity`. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
  /** In a list of commands: why this command is refused. */
  readonly code?: string;
}

/** One fault of a file; `path` is the column, or the dotted path in the line's JSON. */
export interface LineError extends FieldError {
  readonly line: number;
  readonly code: string;
}

/**
 * Further members of the problem document. Callers use them to decide what to do next.
 * `api/docs/problem-schema.ts` describes each of them.
 */
export interface RefusalMembers {
  /** The scope that the key lacks. */
  readonly scope?: string;
  /** Why a signature or an attempt was refused, or what is overloaded. */
  readonly reason?: string;
  /** Seconds until a retry. */
  readonly retryAfterS?: number;
  readonly variantId?: string;
  /** The seller that does not allow the sale or the move. */
  readonly shopId?: string;
  readonly cartId?: string;
  readonly checkoutId?: string;
  /** The movement that an Idempotency-Key was used for. */
  readonly movementId?: string;
  readonly checkoutStatus?: string | undefined;
  readonly quantityRule?: object;
  readonly nearestQuantity?: number;
  /** The status of the order, which does not allow the move. */
  readonly from?: string;
  readonly move?: string;
  readonly paymentReference?: string;
  readonly trackingReference?: string;
  readonly carrier?: string;
  /** Why an order cannot take its units again. */
  readonly rejection?: object;
  /** When the sale of the product starts. */
  readonly saleFrom?: string;
  /** When the sale of the product ended. */
  readonly saleUntil?: string;
  readonly drawId?: string;
  /** When the draw opens. */
  readonly opensAt?: string;
  /** When the draw closes. */
  readonly closesAt?: string;
  /** The maximum number of units of one entry of the draw. */
  readonly perBuyer?: number;
  /** The number of available units. */
  readonly available?: number;
  /** The latest time to which the reservation can be extended. */
  readonly latest?: string;
  readonly onHand?: number;
  readonly reserved?: number;
  /** The stock level as it is now. */
  readonly level?: object;
  /** How often a discount has been used. */
  readonly uses?: number;
  /** How many products or lines of an import were not stored. */
  readonly failed?: number;
  /** How many faults an import has. */
  readonly errorCount?: number;
  /** The rows of an import that were not stored. */
  readonly failedLines?: readonly { readonly from: number; readonly to: number }[];
  /** The faults of an import, instead of the offending fields. */
  readonly errors?: readonly LineError[];
}

/** A refusal of a request, for a reason that its caller can act on. */
export class RefusedError extends Error {
  readonly code: ErrorCode;
  readonly fields: readonly FieldError[];
  readonly extra: RefusalMembers;

  constructor(
    code: ErrorCode,
    detail: string,
    fields: readonly FieldError[] = [],
    extra: RefusalMembers = {},
  ) {
    // A refusal is an expected response, so no stack trace is captured: under a flood of requests
    // it would be a fifth of their cost.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(detail);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'RefusedError';
    this.code = code;
    this.fields = fields;
    this.extra = extra;
  }
}

/** Creates a refusal that names one field. */
export function refuseField(
  code: ErrorCode,
  path: string,
  message: string,
  extra: RefusalMembers = {},
): RefusedError {
  return new RefusedError(code, message, [{ path, message }], extra);
}
