import type { Clock } from '../../../shared/runtime/clock.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import type { RefreshTokenRecord } from '../../../shared/store/collections/refresh-tokens.ts';
import type { SessionEnd, SessionRecord } from '../../../shared/store/collections/sessions.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import { hashRefreshToken, isRefreshTokenForm, newRefreshToken } from './refresh-token.ts';

/** A session that is not refreshed for this long is over. */
const SESSION_TTL_MS = 30 * 24 * 60 * 60 * 1_000;

/** From where a session is used. */
export interface SessionOrigin {
  readonly userAgent?: string;
  readonly address?: string;
}

/** A session with the one refresh token of it that works now. */
export interface OpenSession {
  readonly sessionId: string;
  readonly shopId: string;
  readonly refreshToken: string;
}

/** What became of a refresh token. */
export type RefreshResult =
  | { readonly kind: 'refreshed'; readonly session: OpenSession }
  | { readonly kind: 'reused'; readonly sessionId: string; readonly shopId: string }
  | { readonly kind: 'unknown' };

/** Starts a session: the head of a family of refresh tokens. */
export async function startSession(
  store: Store,
  clock: Clock,
  shopId: string,
  origin: SessionOrigin,
): Promise<OpenSession> {
  const now = clock.now();
  const session: SessionRecord = {
    _id: newId('ses'),
    shopId,
    createdAt: now,
    lastUsedAt: now,
    expiresAt: new Date(now.getTime() + SESSION_TTL_MS),
    ...origin,
  };
  await store.sessions.insertOne(session);
  return { sessionId: session._id, shopId, refreshToken: await issue(store, session, now) };
}

/**
 * Trades a refresh token for its successor. A token works once: of several callers one conditional
 * update lets a single one through, and whoever comes with a used one ends the whole session, for
 * then two hold what only one should (RFC 9700, section 4.14.2).
 */
export async function refreshSession(
  store: Store,
  clock: Clock,
  token: string,
): Promise<RefreshResult> {
  if (!isRefreshTokenForm(token)) return { kind: 'unknown' };
  const now = clock.now();
  const _id = hashRefreshToken(token);
  const unused = await store.refreshTokens.findOneAndUpdate(
    { _id: _id, usedAt: { $exists: false }, expiresAt: { $gt: now } },
    { $set: { usedAt: now } },
  );
  const known = (unused ??
    (await store.refreshTokens.findOne({
      _id: _id,
    }))) as RefreshTokenRecord | null;
  if (known === null) return { kind: 'unknown' };
  const { sessionId, shopId } = known;
  if (unused === null) {
    if (known.usedAt === undefined) return { kind: 'unknown' };
    await endSession(store, clock, { _id: sessionId }, 'refresh_token_reused');
    return { kind: 'reused', sessionId, shopId };
  }
  const expiresAt = new Date(now.getTime() + SESSION_TTL_MS);
  // Ended at this very moment, the session still answers the one caller that was let through; what
  // it is given will not work again. So of many at once exactly one gets a successor.
  const stillOpen = { $or: [{ endedAt: { $exists: false } }, { endedAt: { $gte: now } }] };
  const session = await store.sessions.findOneAndUpdate(
    { _id: sessionId, expiresAt: { $gt: now }, ...stillOpen },
    { $set: { lastUsedAt: now, expiresAt } },
    { returnDocument: 'after' },
  );
  if (session === null) return { kind: 'unknown' };
  const refreshToken = await issue(store, session as unknown as SessionRecord, now);
  return { kind: 'refreshed', session: { sessionId, shopId, refreshToken } };
}

/** Whether the session is still open: an access token does not outlive it by more than a cache. */
export async function isSessionOpen(
  store: Store,
  clock: Clock,
  shopId: string,
  sessionId: string,
): Promise<boolean> {
  const now = clock.now();
  const open = await store.sessions.findOne(
    { _id: sessionId, shopId, endedAt: { $exists: false }, expiresAt: { $gt: now } },
    { projection: { _id: 1 } },
  );
  return open !== null;
}

/** Ends one session, or all that match; answers how many were open. */
export async function endSession(
  store: Store,
  clock: Clock,
  which: { readonly _id?: string | { readonly $ne: string }; readonly shopId?: string },
  endReason: SessionEnd,
): Promise<number> {
  const result = await store.sessions.updateMany(
    { ...(which as object), endedAt: { $exists: false } },
    { $set: { endedAt: clock.now(), endReason } },
  );
  return result.modifiedCount;
}

/** Open sessions, the latest first, beginning after `after`; one more than `limit`, if there is. */
export async function openSessions(
  store: Store,
  clock: Clock,
  shopId: string,
  page: { readonly limit: number; readonly after: string | undefined },
): Promise<SessionRecord[]> {
  const { limit, after } = page;
  return store.sessions
    .find<SessionRecord>(
      {
        shopId,
        endedAt: { $exists: false },
        expiresAt: { $gt: clock.now() },
        ...(after !== undefined && { _id: { $lt: after } }),
      },
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .sort({ _id: -1 })
    .limit(limit + 1)
    .toArray();
}

async function issue(store: Store, session: SessionRecord, now: Date): Promise<string> {
  const token = newRefreshToken();
  const record: RefreshTokenRecord = {
    _id: hashRefreshToken(token),
    sessionId: session._id,
    shopId: session.shopId,
    createdAt: now,
    expiresAt: session.expiresAt,
  };
  await store.refreshTokens.insertOne(record);
  return token;
}
