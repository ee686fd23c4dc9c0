import { z } from '@hono/zod-openapi';
import { route } from '../context.ts';

const CACHED_S_MAX = 300;

const exampleKey = {
  kid: 'jSVR5yHcKT0',
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  use: 'sig',
  alg: 'EdDSA',
};

const jwks = z
  .object({
    keys: z.array(
      z.object({
        kid: z.string(),
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string(),
        use: z.literal('sig'),
        alg: z.literal('EdDSA'),
      }),
    ),
  })
  .openapi('JsonWebKeySet', { example: { keys: [exampleKey] } });

export const getJwks = route(
  {
    method: 'get',
    path: '/.well-known/jwks.json',
    operationId: 'jwks.get',
    tag: 'access',
    summary: 'Get the public keys that verify tokens',
    description:
      'A JSON Web Key Set (RFC 7517). It contains the next key before that key signs, and old ' +
      'keys until their tokens have expired.',
    access: { anyone: true },
    responses: {
      200: { description: 'The keys.', schema: jwks },
    },
  },
  ({ context }) => ({
    status: 200,
    body: context.signingKeys.jwks,
    headers: { 'cache-control': `public, max-age=${CACHED_S_MAX}` },
  }),
);
