import { z } from '@hono/zod-openapi';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import type { AuditedCaller } from '../../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { hasPasswordHash } from '../accounts/account-store.ts';
import { noteAddress } from '../accounts/known-addresses.ts';
import type { AccessContext } from '../context.ts';
import { tokensExample } from '../examples.ts';
import { endSession, type OpenSession, startSession } from '../sessions/session-store.ts';
import { ACCESS_TOKEN_TTL_S, signToken } from '../tokens/tokens.ts';

const USER_AGENT_LENGTH_MAX = 200;

/** A caller that starts a session, with the program that it uses. */
export interface Visitor extends AuditedCaller<AccessContext> {
  readonly userAgent: string | undefined;
}

/** The tokens of a session. */
export const tokens = z
  .object({
    accessToken: z.string().describe('For `Authorization: Bearer …`.'),
    refreshToken: z.string().describe('Gets the next two tokens, once.'),
    expiresIn: z.int().describe('Seconds until the access token expires.'),
  })
  .openapi('Tokens', { example: tokensExample });

export type Tokens = z.output<typeof tokens>;

/**
 * Starts a session of a shop whose password was just checked. Returns undefined when the password
 * was changed meanwhile: the change ends all sessions, and this one must not survive it.
 */
export async function openSession(
  { context, userAgent, address }: Visitor,
  shop: ShopRecord,
): Promise<OpenSession | undefined> {
  const { store, clock } = context;
  const program = userAgent?.slice(0, USER_AGENT_LENGTH_MAX);
  const origin = { address, ...(program !== undefined && { userAgent: program }) };
  const started = startSession(store, clock, shop._id, origin);
  const opened = await withDeadline('starting a session', WRITE_TIMEOUT_MS, started);
  if (await hasPasswordHash(store, shop)) {
    await noteAddress(store, shop, address, clock.now());
    return opened;
  }
  await endSession(store, clock, { _id: opened.sessionId }, 'password_changed');
  return undefined;
}

/** Issues new tokens for a session. */
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
