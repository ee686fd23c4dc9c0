import type { Context } from 'hono';
import { isApiKeyForm } from '../../shared/access/api-key.ts';
import { isSigned } from '../../shared/access/request-signature/verify-signed-request.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { ApiContext } from '../context.ts';
import type { Principal } from '../http/principal.ts';
import type { RequestBody } from '../http/request-body.ts';
import { checkSignature } from './check-signature.ts';
import { buyerPrincipal, keyPrincipal, shopPrincipal } from './principals.ts';
import { kindOfToken, verifyToken } from './tokens/tokens.ts';

/** Schemes are case-insensitive, and any number of spaces may follow them (RFC 9110, 11.1 and 11.4). */
const BEARER = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+) *$/i;

/**
 * Finds out who calls, by an API key (signed, if the key asks for it or the request says so) or by
 * a token of ours, never by both.
 * @throws RefusedError unauthenticated, or service_unavailable when a signature cannot be checked
 */
export async function authenticate(
  context: ApiContext,
  c: Context,
  body: RequestBody,
): Promise<Principal> {
  const apiKey = c.req.header('x-api-key');
  const authorization = c.req.header('authorization');
  if (apiKey !== undefined && authorization !== undefined) {
    throw refuse('Send an API key or a token, not both.');
  }
  if (apiKey !== undefined) return byKey(context, c, body, apiKey);
  if (authorization !== undefined) return byToken(context, authorization);
  throw refuse('Send an API key in X-Api-Key or a token in Authorization.');
}

async function byKey(
  context: ApiContext,
  c: Context,
  body: RequestBody,
  apiKey: string,
): Promise<Principal> {
  const key = isApiKeyForm(apiKey) ? await context.keyRing.find(apiKey) : undefined;
  if (key === undefined) throw refuse('This API key is not valid.');
  if (isSigned((name) => c.req.header(name)) || key.requireSignature === true)
    await checkSignature(context, c, body, key);
  return keyPrincipal(key);
}

async function byToken(context: ApiContext, authorization: string): Promise<Principal> {
  const token = BEARER.exec(authorization)?.[1] ?? '';
  const now = context.clock.now();
  if (kindOfToken(token) === 'shop') {
    const claims = await verifyToken(context.signingKeys, 'shop', token, now);
    if (claims !== undefined && (await context.sessionWatch.isOpen(claims.sub, claims.sid))) {
      return shopPrincipal(claims.sub, claims.sid);
    }
  }
  if (kindOfToken(token) === 'buyer') {
    const claims = await verifyToken(context.signingKeys, 'buyer', token, now);
    const key = claims && (await context.keyRing.findById(claims.key));
    if (claims !== undefined && key !== undefined) return buyerPrincipal(key, claims.sub);
  }
  throw refuse('This token is not valid.');
}

function refuse(detail: string): RefusedError {
  return new RefusedError('unauthenticated', detail);
}
