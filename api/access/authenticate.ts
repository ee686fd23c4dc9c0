import { isApiKeyForm } from '../../shared/access/api-key.ts';
import { isSigned } from '../../shared/access/request-signature/verify-signed-request.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { PresentedRequest } from '../http/node-request.ts';
import type { Principal } from '../http/principal.ts';
import { checkSignature } from './check-signature.ts';
import type { AccessContext } from './context.ts';
import { buyerPrincipal, keyPrincipal, shopPrincipal } from './principals.ts';
import { readTokenKind, verifyToken } from './tokens/tokens.ts';

/** An authenticated caller. */
export interface Caller {
  readonly principal: Principal;
  /**
   * Checks during a long request that the credentials are still valid. Keys and sessions are
   * cached, so a change is noticed after at most a few seconds.
   * @throws RefusedError unauthenticated
   */
  checkStillAuthorized(): Promise<void>;
}

/** Schemes are case-insensitive and may be followed by several spaces (RFC 9110, 11.1 and 11.4). */
const BEARER = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+) *$/i;

const BASIC = /^Basic\b/i;

/**
 * Authenticates a caller by an API key or by a token, but not by both. A signature is verified if
 * the key requires one or the request has one. HTTP Basic credentials next to a key are ignored:
 * browsers add an operator's login to every request, and proxies may add credentials of their own.
 * @throws RefusedError unauthenticated, invalid_signature, or service_unavailable when a signature
 * cannot be verified
 */
export async function authenticate(
  context: AccessContext,
  request: PresentedRequest,
): Promise<Caller> {
  const apiKey = request.header('x-api-key');
  const authorization = request.header('authorization');
  if (apiKey !== undefined && authorization !== undefined && !BASIC.test(authorization)) {
    throw refuse('Send an API key or a token, not both.');
  }
  if (apiKey !== undefined) return authenticateKey(context, request, apiKey);
  if (authorization !== undefined) return authenticateToken(context, authorization);
  throw refuse('Send an API key in X-Api-Key or a token in Authorization.');
}

async function authenticateKey(
  context: AccessContext,
  request: PresentedRequest,
  apiKey: string,
): Promise<Caller> {
  const findKey = async () => {
    const found = isApiKeyForm(apiKey) ? await context.apiKeyCache.find(apiKey) : undefined;
    if (found === undefined) throw refuse('This API key is not valid.');
    return found;
  };
  const found = await findKey();
  const { key } = found;
  if (isSigned((name) => request.header(name)) || key.requireSignature === true)
    await checkSignature(context, request, key);
  const checkStillAuthorized = async () => void (await findKey());
  return { principal: keyPrincipal(found), checkStillAuthorized };
}

async function authenticateToken(context: AccessContext, authorization: string): Promise<Caller> {
  const token = BEARER.exec(authorization)?.[1] ?? '';
  const kind = readTokenKind(token);
  if (kind === 'shop') return authenticateShopToken(context, token);
  if (kind === 'buyer') return authenticateBuyerToken(context, token);
  throw refuse('This token is not valid.');
}

async function authenticateShopToken(context: AccessContext, token: string): Promise<Caller> {
  const { clock, signingKeys, sessionCache } = context;
  const claims = await verifyToken(signingKeys, 'shop', token, clock.now());
  if (claims === undefined) throw refuse('This token is not valid.');
  const { sub: shopId, sid: sessionId, expiresAt } = claims;
  const checkStillAuthorized = async () => {
    const isStillValid = expiresAt > clock.now() && (await sessionCache.isOpen(shopId, sessionId));
    if (!isStillValid) throw refuse('This token is not valid.');
  };
  await checkStillAuthorized();
  return { principal: shopPrincipal(shopId, sessionId), checkStillAuthorized };
}

async function authenticateBuyerToken(context: AccessContext, token: string): Promise<Caller> {
  const { clock, signingKeys, apiKeyCache } = context;
  const claims = await verifyToken(signingKeys, 'buyer', token, clock.now());
  if (claims === undefined) throw refuse('This token is not valid.');
  const { sub: buyerId, key: keyId, gen, expiresAt } = claims;
  const findKey = async () => {
    const found = expiresAt > clock.now() ? await apiKeyCache.findIssuer(keyId, gen) : undefined;
    if (found === undefined) throw refuse('This token is not valid.');
    return found;
  };
  const principal = buyerPrincipal(await findKey(), buyerId);
  return { principal, checkStillAuthorized: async () => void (await findKey()) };
}

function refuse(detail: string): RefusedError {
  return new RefusedError('unauthenticated', detail);
}
