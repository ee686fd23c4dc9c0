/** Bounds that callers meet. The OpenAPI document contains each of them. */
export const CHECKOUT_LINES_MAX = 2_000;
export const CART_LINES_MAX = 500;
export const CART_KEPT_DAYS = 30;
export const LINE_QUANTITY_MAX = 1_000_000;
export const BODY_BYTES_MAX = 1_048_576;
export const JSON_DEPTH_MAX = 16;
export const IDEMPOTENCY_KEY_LENGTH_MAX = 255;
export const IDEMPOTENCY_KEY_KEPT_HOURS = 24;
/** Of a checkout with a reservation of its own length, which only tests have. */
export const RESERVATION_SECONDS_MAX = 3_600;
export const PAGE_ITEMS_MAX = 100;
export const PAGE_ITEMS_DEFAULT = 20;
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
export const EARLIER_SECRETS_MAX = 3;
export const WEBHOOK_URL_LENGTH_MAX = 2_048;
export const SEARCH_LENGTH_MAX = 200;
