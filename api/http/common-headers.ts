/**
 * The headers of every answer. Caches may not store answers unless the route allows this, and
 * browsers may not guess their content type.
 */
export const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;
