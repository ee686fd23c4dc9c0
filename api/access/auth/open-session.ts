import type { Context } from 'hono';
import type { z } from 'zod';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import type { AuditedCaller } from '../../audit/record-audit.ts';
import type { ApiContext } from '../../context.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { hasPasswordHash } from '../accounts/account-store.ts';
import { noteAddress } from '../accounts/known-addresses.ts';
import { endSession, type OpenSession, startSession } from '../sessions/session-store.ts';
import { ACCESS_TOKEN_TTL_S, signToken } from '../tokens/tokens.ts';
import type { tokens } from './schemas.ts';

const USER_AGENT_LENGTH_MAX = 200;

/** Somebody who wants to act in a session; the request tells with what program. */
export type Visitor = AuditedCaller & { readonly c: Context };

/** The tokens of a session, as they are told to its shop. */
export type Tokens = z.output<typeof tokens>;

/**
 * Starts a session of a shop whose password was just checked. Undefined when the password has been
 * changed meanwhile: the change ends all sessions, and this one must not come after it.
 */
export async function openSession(
  { context, c, address }: Visitor,
  shop: ShopRecord,
): Promise<OpenSession | undefined> {
  const { store, clock } = context;
  const userAgent = c.req.header('user-agent')?.slice(0, USER_AGENT_LENGTH_MAX);
  const origin = { address, ...(userAgent !== undefined && { userAgent }) };
  const started = startSession(store, clock, shop._id, origin);
  const opened = await withDeadline('starting a session', WRITE_TIMEOUT_MS, started);
  if (await hasPasswordHash(store, shop)) {
    await noteAddress(store, shop, address, clock.now());
    return opened;
  }
  await endSession(store, clock, { _id: opened.sessionId }, 'password_changed');
  return undefined;
}

/** New tokens for a session. */
export async function tokensOf(
  { signingKeys, clock }: ApiContext,
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

/** Tokens are for the one who asked: nothing on the way may keep them (RFC 6749, section 5.1). */
export const NOT_KEPT = { 'cache-control': 'no-store' } as const;
