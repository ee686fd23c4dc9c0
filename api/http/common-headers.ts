/**
 * Headers of every answer: nothing is kept by caches unless the route says so, and browsers take
 * the content type as it stands.
 */
export const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;
