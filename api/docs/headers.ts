/** Headers that the answers of every route can have. */
export const SHARED_HEADERS = {
  'X-Request-Id': {
    description: 'The id of the request in logs. Problems contain it as `requestId`.',
    schema: { type: 'string' },
    required: true,
  },
  RateLimit: {
    description:
      'The remaining quota of the caller (`r`), and the seconds until it is full again (`t`).',
    schema: { type: 'string' },
    example: '"key";r=599;t=60',
  },
  'RateLimit-Policy': {
    description: 'The quota (`q`) and its window in seconds (`w`).',
    schema: { type: 'string' },
    example: '"key";q=600;w=60',
  },
  'Retry-After': {
    description: 'The seconds after which to try again.',
    schema: { type: 'integer', minimum: 0 },
  },
  'WWW-Authenticate': {
    description: 'The accepted authentication schemes.',
    schema: { type: 'string' },
  },
} as const;

export type SharedHeader = keyof typeof SHARED_HEADERS;

interface OwnHeader {
  readonly description: string;
  readonly schema: { readonly type: 'string' | 'integer' };
}

interface HeaderReference {
  readonly $ref: string;
}

/** Returns references to the shared headers that every answer has, and to the headers in `names`. */
export function toSharedHeaders(
  ...names: readonly SharedHeader[]
): Record<string, HeaderReference> {
  const everywhere: readonly SharedHeader[] = ['X-Request-Id', 'RateLimit', 'RateLimit-Policy'];
  return Object.fromEntries(
    [...everywhere, ...names].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}

/** Returns the headers that a route describes for one of its answers. */
export function toHeaders(
  described: Readonly<Record<string, string>> = {},
): Record<string, OwnHeader> {
  return Object.fromEntries(
    Object.entries(described).map(([name, description]) => {
      const type = name === 'Retry-After' ? 'integer' : 'string';
      return [name, { description, schema: { type } }];
    }),
  );
}
