// The limits of the API. The OpenAPI document contains the limits of fields and parameters.

export const CHECKOUT_LINES_MAX = 2_000;
/** The maximum number of lines of a checkout that may wait for units. */
export const WAIT_LINES_MAX = 20;
/** How far ahead the end of a checkout's wait for units may be. */
export const WAIT_DAYS_MAX = 30;
export const CART_LINES_MAX = 500;
export const CART_KEPT_DAYS = 30;
export const LINE_QUANTITY_MAX = 1_000_000;
export const BODY_BYTES_MAX = 1_048_576;
export const JSON_DEPTH_MAX = 16;
export const IDEMPOTENCY_KEY_LENGTH_MAX = 255;
export const IDEMPOTENCY_KEY_KEPT_HOURS = 24;
/** The maximum of `reservationSeconds`, which only tests set. */
export const RESERVATION_SECONDS_MAX = 3_600;
export const PAGE_ITEMS_MAX = 100;
export const PAGE_ITEMS_DEFAULT = 20;
/** How long a request may wait for an outcome (`Prefer: wait`). */
export const WAIT_SECONDS_MAX = 30;
export const VARIANTS_PER_PRODUCT_MAX = 100;
export const PRICE_MAX = 100_000_000;
export const ON_HAND_MAX = 1_000_000_000;
export const DISCOUNT_CODES_MAX = 10;
export const DISCOUNT_CODE_LENGTH_MAX = 64;
export const DISCOUNT_PRODUCTS_MAX = 1_000;
export const DISCOUNT_USES_MAX = 1_000_000_000;
export const WEBHOOKS_PER_SHOP_MAX = 20;
export const STOREFRONTS_PER_SHOP_MAX = 200;
export const API_KEYS_PER_SHOP_MAX = 100;
/** The maximum number of earlier secrets with which a webhook's deliveries are still signed. */
export const EARLIER_SECRETS_MAX = 3;
export const WEBHOOK_URL_LENGTH_MAX = 2_048;
export const SEARCH_LENGTH_MAX = 200;
/** The maximum length of an operator's note. */
export const ANNOTATION_LENGTH_MAX = 200;
