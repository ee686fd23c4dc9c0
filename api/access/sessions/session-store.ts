import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../../../shared/runtime/clock.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import type { RefreshTokenRecord } from '../../../shared/store/collections/refresh-tokens.ts';
import type { SessionEnd, SessionRecord } from '../../../shared/store/collections/sessions.ts';
import type { Session, Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import { type PageQuery, readNewestFirst } from '../../http/paging.ts';

/** A session ends when it is not refreshed for this long. */
const SESSION_TTL_MS = 30 * 24 * 60 * 60 * 1_000;
/** Lets secret scanners recognise a leaked token. */
const TOKEN_PREFIX = 'lur_';
const TOKEN_BYTES = 32;
const TOKEN_FORM = /^lur_[A-Za-z0-9_-]{43}$/;
const NOT_ENDED = { endedAt: { $exists: false } };

/** Where a session was started. */
export interface SessionOrigin {
  readonly userAgent?: string;
  readonly address?: string;
}

/** A session that was just started or refreshed, with its new refresh token. */
export interface OpenSession {
  readonly sessionId: string;
  readonly shopId: string;
  readonly refreshToken: string;
}

/** The result of a refresh. */
export type RefreshResult =
  | { readonly kind: 'refreshed'; readonly session: OpenSession }
  | { readonly kind: 'reused'; readonly sessionId: string; readonly shopId: string }
  /** The token is unknown or expired, or its session has ended. */
  | { readonly kind: 'unknown' };

/** Starts a session with its first refresh token. */
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
  return {
    sessionId: session._id,
    shopId,
    refreshToken: await issueRefreshToken(store, session, now),
  };
}

/**
 * Exchanges a refresh token for its successor. A token works once: a conditional update lets one of
 * several callers through. If a token is used again, the whole session ends, because two parties
 * then hold the same token (RFC 9700, section 4.14.2).
 */
export async function refreshSession(
  store: Store,
  clock: Clock,
  token: string,
): Promise<RefreshResult> {
  if (!TOKEN_FORM.test(token)) return { kind: 'unknown' };
  const now = clock.now();
  const _id = hashToken(token);
  const unused = await store.refreshTokens.findOneAndUpdate(
    { _id, usedAt: { $exists: false }, expiresAt: { $gt: now } },
    { $set: { usedAt: now } },
  );
  const record = (unused ??
    (await store.refreshTokens.findOne({ _id }))) as RefreshTokenRecord | null;
  if (record === null) return { kind: 'unknown' };
  const { sessionId, shopId } = record;
  if (unused === null) {
    if (record.usedAt === undefined) return { kind: 'unknown' };
    await endSession(store, clock, { _id: sessionId }, 'refresh_token_reused');
    return { kind: 'reused', sessionId, shopId };
  }
  const expiresAt = new Date(now.getTime() + SESSION_TTL_MS);
  // A concurrent caller with the same token may just have ended the session. The caller of this
  // function still gets a new token, although it will not work, so that exactly one of the two gets
  // a token.
  const openOrJustEnded = { $or: [NOT_ENDED, { endedAt: { $gte: now } }] };
  const session = await store.sessions.findOneAndUpdate(
    { _id: sessionId, expiresAt: { $gt: now }, ...openOrJustEnded },
    { $set: { lastUsedAt: now, expiresAt } },
    { returnDocument: 'after' },
  );
  if (session === null) return { kind: 'unknown' };
  const refreshToken = await issueRefreshToken(store, session as unknown as SessionRecord, now);
  return { kind: 'refreshed', session: { sessionId, shopId, refreshToken } };
}

/** Returns the filter for sessions that are open at `now`. */
function openAt(now: Date) {
  return { ...NOT_ENDED, expiresAt: { $gt: now } };
}

/** Returns whether the shop has this session and the session is open. */
export async function isSessionOpen(
  store: Store,
  clock: Clock,
  shopId: string,
  sessionId: string,
): Promise<boolean> {
  const open = await store.sessions.findOne(
    { _id: sessionId, shopId, ...openAt(clock.now()) },
    { projection: { _id: 1 }, maxTimeMS: READ_TIMEOUT_MS },
  );
  return open !== null;
}

/**
 * Ends the sessions that match the filter and have not been ended, and returns their number.
 * Expired sessions are included until MongoDB removes them. Uses the transaction of the database
 * session, if there is one.
 */
export async function endSession(
  store: Store,
  clock: Clock,
  filter: { readonly _id?: string; readonly shopId?: string },
  endReason: SessionEnd,
  session?: Session,
): Promise<number> {
  const result = await store.sessions.updateMany(
    { ...(filter as object), ...NOT_ENDED },
    { $set: { endedAt: clock.now(), endReason } },
    { ...(session && { session }) },
  );
  return result.modifiedCount;
}

/** Lists a shop's open sessions, newest first. */
export function listOpenSessions<Item>(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  shopId: string,
  query: PageQuery,
  present: (session: SessionRecord) => Item,
) {
  const open = { shopId, ...openAt(clock.now()) };
  return readNewestFirst(store.sessions, open, { list: 'sessions', ...query }, present);
}

/** Stores the hash of a new refresh token of the session, and returns the token. */
async function issueRefreshToken(store: Store, session: SessionRecord, now: Date): Promise<string> {
  const token = `${TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  const record: RefreshTokenRecord = {
    _id: hashToken(token),
    sessionId: session._id,
    shopId: session.shopId,
    createdAt: now,
    expiresAt: session.expiresAt,
  };
  await store.refreshTokens.insertOne(record);
  return token;
}

/** A token has 256 random bits, so a slow hash would not make it safer. */
function hashToken(token: string): string {
  return hash('sha256', token);
}
