import type { Access } from '../http/access.ts';

/** How each kind of caller proves itself, as components of the OpenAPI document. */
export const SECURITY_SCHEMES = {
  apiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Api-Key',
    description:
      'A storefront or an integration. A key that requires signatures also needs `Signature` and ' +
      '`Signature-Input` (RFC 9421).',
  },
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A shop: the `accessToken` of `auth.logIn`.',
  },
  buyerToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'One buyer: the `token` of `buyerTokens.create`.',
  },
  operator: { type: 'http', scheme: 'basic', description: 'An operator.' },
} as const;

const SCHEME_OF_CALLER = { key: 'apiKey', shop: 'accessToken', buyer: 'buyerToken' } as const;

/** The schemes of a route, any one of which is enough; none where anyone may call it. */
export function securityOf(access: Access): Record<string, string[]>[] {
  if ('callers' in access) return access.callers.map((kind) => ({ [SCHEME_OF_CALLER[kind]]: [] }));
  return 'operator' in access ? [{ operator: [] }] : [];
}
