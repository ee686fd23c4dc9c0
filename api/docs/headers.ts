/** Headers that answers of every route can have, as components of the OpenAPI document. */
export const SHARED_HEADERS = {
  'X-Request-Id': {
    description: 'Names the request in the logs; as `requestId` in problems.',
    schema: { type: 'string' },
    required: true,
  },
  RateLimit: {
    description: 'What is left of the caller’s quota, and when it is full again, in seconds.',
    schema: { type: 'string' },
    example: '"key";r=599;t=60',
  },
  'RateLimit-Policy': {
    description: 'The quota that counts, and its window in seconds.',
    schema: { type: 'string' },
    example: '"key";q=600;w=60',
  },
  'Retry-After': {
    description: 'Seconds after which to try again.',
    schema: { type: 'integer', minimum: 0 },
  },
  'WWW-Authenticate': {
    description: 'How callers prove who they are here.',
    schema: { type: 'string' },
  },
} as const;

/** A header that answers of every route can have. */
export type SharedHeader = keyof typeof SHARED_HEADERS;

interface OwnHeader {
  readonly description: string;
  readonly schema: { readonly type: 'string' | 'integer' };
}

interface HeaderReference {
  readonly $ref: string;
}

/** Refers to shared headers. */
export function sharedHeaders(...names: readonly SharedHeader[]): Record<string, HeaderReference> {
  const common: readonly SharedHeader[] = ['X-Request-Id', 'RateLimit', 'RateLimit-Policy'];
  return Object.fromEntries(
    [...common, ...names].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}

/** The headers that a route describes for one of its answers. */
export function ownHeaders(
  described: Readonly<Record<string, string>> = {},
): Record<string, OwnHeader> {
  return Object.fromEntries(
    Object.entries(described).map(([name, description]) => {
      const type = name === 'Retry-After' ? 'integer' : 'string';
      return [name, { description, schema: { type } }];
    }),
  );
}
