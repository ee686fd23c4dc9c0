/**
 * Headers of every answer: caches store nothing unless the route allows it, and browsers do not
 * guess the content type.
 */
export const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;
