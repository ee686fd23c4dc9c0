import { z } from '@hono/zod-openapi';
import { keysOnly } from '../../http/access.ts';
import { buyerId } from '../buyer.ts';
import { route } from '../context.ts';
import { signToken } from '../tokens/tokens.ts';

const TTL_S_DEFAULT = 15 * 60;
const TTL_S_MAX = 60 * 60;

const buyerTokenRequest = z
  .strictObject({
    buyerId: buyerId.describe('The storefront’s own id of the buyer.'),
    ttlSeconds: z
      .int()
      .min(1)
      .max(TTL_S_MAX)
      .default(TTL_S_DEFAULT)
      .describe('Seconds until the token expires.'),
  })
  .openapi('BuyerTokenRequest', { example: { buyerId: 'buyer-1', ttlSeconds: 3_600 } });

const buyerToken = z
  .object({ token: z.string(), expiresIn: z.int().describe('Seconds until the token expires.') })
  .openapi('BuyerToken', { example: { token: 'eyJhbGciOiJFZERTQSJ9.e30.AA', expiresIn: 3_600 } });

export const postBuyerToken = route(
  {
    method: 'post',
    path: '/v1/buyer-tokens',
    operationId: 'buyerTokens.create',
    tag: 'access',
    summary: 'Create a token for a buyer',
    description:
      'A browser with the token acts as this buyer: it can use the buyer’s own carts, checkouts ' +
      'and orders of the storefront, whatever the other scopes of the key. The token also becomes invalid when the key that created it is ' +
      'revoked or expires, or when the secret that created it stops working after a rotation.',
    access: keysOnly('checkouts:write'),
    body: buyerTokenRequest,
    responses: {
      201: { description: 'The token, for `Authorization: Bearer …`.', schema: buyerToken },
      400: { description: 'Bad input.' },
    },
  },
  async ({ body, context, principal }) => {
    const { id: key, keyGeneration: gen = 0 } = principal;
    const claims = { sub: body.buyerId, key, gen };
    const life = { now: context.clock.now(), ttlS: body.ttlSeconds };
    const token = await signToken(context.signingKeys, 'buyer', claims, life);
    return { status: 201, body: { token, expiresIn: body.ttlSeconds } };
  },
);
