/** Bounds that callers meet. Every one is stated in CONTRACT terms in the OpenAPI document. */
export const CHECKOUT_LINES_MAX = 2_000;
export const LINE_QUANTITY_MAX = 1_000_000;
export const BODY_BYTES_MAX = 1_048_576;
export const JSON_DEPTH_MAX = 16;
export const IDEMPOTENCY_KEY_LENGTH_MAX = 255;
export const IDEMPOTENCY_KEY_KEPT_HOURS = 24;
export const PAGE_ITEMS_MAX = 100;
export const PAGE_ITEMS_DEFAULT = 20;
export const WAIT_SECONDS_MAX = 30;
export const VARIANTS_PER_PRODUCT_MAX = 100;
export const PRICE_MAX = 100_000_000;
export const ON_HAND_MAX = 1_000_000_000;
