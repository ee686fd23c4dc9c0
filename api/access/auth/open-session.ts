import { z } from '@hono/zod-openapi';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { findShopByEmail, hasPasswordHash } from '../accounts/account-store.ts';
import { isKnownAddress, noteAddress } from '../accounts/known-addresses.ts';
import type { AccessContext } from '../context.ts';
import { tokensExample } from '../examples.ts';
import { shopPrincipal } from '../principals.ts';
import {
  endSession,
  type OpenSession,
  refreshSession,
  startSession,
} from '../sessions/session-store.ts';
import { ACCESS_TOKEN_TTL_S, signToken } from '../tokens/tokens.ts';

const USER_AGENT_LENGTH_MAX = 200;

/** A caller that starts a session. */
export interface Visitor extends AuditedCaller<AccessContext> {
  readonly userAgent: string | undefined;
}

/** The tokens of a session. */
export const tokens = z
  .object({
    accessToken: z.string().describe('The token for `Authorization: Bearer …`.'),
    refreshToken: z
      .string()
      .describe('Can be exchanged once for a new access token and refresh token.'),
    expiresIn: z.int().describe('Seconds until the access token expires.'),
  })
  .openapi('Tokens', { example: tokensExample });

export type Tokens = z.output<typeof tokens>;

/**
 * Starts a session of a shop whose password was just checked or set, and notes the caller's address
 * as known. Returns undefined if the password was changed meanwhile: the change ends all sessions,
 * so no session may start with the old password.
 */
export async function openSession(
  { context, userAgent, address }: Visitor,
  shop: ShopRecord,
): Promise<OpenSession | undefined> {
  const { store, clock } = context;
  const shortUserAgent = userAgent?.slice(0, USER_AGENT_LENGTH_MAX);
  const origin = { address, ...(shortUserAgent !== undefined && { userAgent: shortUserAgent }) };
  const starting = startSession(store, clock, shop._id, origin);
  const opened = await withDeadline('starting a session', WRITE_TIMEOUT_MS, starting);
  if (await hasPasswordHash(store, shop)) {
    await noteAddress(store, shop, address, clock.now());
    return opened;
  }
  await endSession(store, clock, { _id: opened.sessionId }, 'password_changed');
  return undefined;
}

/** Returns the tokens of a session: a new access token, and the refresh token of `session`. */
export async function issueTokens(
  { signingKeys, clock }: AccessContext,
  session: OpenSession,
): Promise<Tokens> {
  const claims = { sub: session.shopId, sid: session.sessionId };
  const life = { now: clock.now(), ttlS: ACCESS_TOKEN_TTL_S };
  return {
    accessToken: await signToken(signingKeys, 'shop', claims, life),
    refreshToken: session.refreshToken,
    expiresIn: ACCESS_TOKEN_TTL_S,
  };
}

interface Login {
  /** In lower case. */
  readonly email: string;
  readonly password: string;
}

/**
 * Starts a new session of a shop. The refusal of an unknown e-mail address is the same as for a
 * wrong password, and takes the same time.
 * @throws RefusedError wrong_credentials or too_many_guesses
 */
export async function logIn(visitor: Visitor, { email, password }: Login): Promise<Tokens> {
  const { context, address } = visitor;
  let shop: ShopRecord | undefined;
  // The limiter calls this before the check below, which needs the shop.
  const readShopAndIsKnown = async () => {
    shop = await findShopByEmail(context.store, email);
    return isKnownAddress(shop, address, context.clock.now());
  };
  const account = { name: email, isKnownAddress: readShopAndIsKnown };
  // Guesses at one account are checked one after the other. The session is opened outside the
  // check, so that the next guess does not wait until the session is stored.
  const verified = await context.guesses.check({ kind: 'login', account, address }, async () => {
    const isRight = await context.passwords.verify(shop?.passwordHash, password, 'login');
    if (isRight && shop !== undefined) return shop;
    const subject = shop === undefined ? {} : { shopId: shop._id, target: shop._id };
    await recordAudit(visitor, 'session.refused', { ...subject, outcome: 'refused' });
    return undefined;
  });
  const session = verified && (await openSession(visitor, verified));
  if (session === undefined) {
    throw new RefusedError('wrong_credentials', 'The e-mail address or the password is wrong.');
  }
  const principal = shopPrincipal(session.shopId, session.sessionId);
  await recordAudit({ ...visitor, principal }, 'session.started', { target: session.sessionId });
  return issueTokens(context, session);
}

/**
 * Exchanges a refresh token for the next tokens of its session. If the token was used before, ends
 * the session and records the reuse in the audit log. This process refuses the session's tokens at
 * once, other processes within seconds.
 * @throws RefusedError unauthenticated
 */
export async function refresh(
  caller: AuditedCaller<AccessContext>,
  refreshToken: string,
): Promise<Tokens> {
  const { context } = caller;
  const refreshing = refreshSession(context.store, context.clock, refreshToken);
  const result = await withDeadline('refreshing a session', WRITE_TIMEOUT_MS, refreshing);
  if (result.kind === 'refreshed') return issueTokens(context, result.session);
  if (result.kind === 'reused') {
    context.sessionCache.clear();
    const { shopId, sessionId } = result;
    const entry = { shopId, target: sessionId, outcome: 'refused' } as const;
    await recordAudit(caller, 'session.refresh_reused', entry);
  }
  throw new RefusedError(
    'unauthenticated',
    'This refresh token is unknown, used or expired, or its session has ended. Log in again.',
  );
}
