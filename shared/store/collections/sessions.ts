import { Schema } from 'mongoose';

/** Why a session was ended before it expired. */
export type SessionEnd =
  | 'logout'
  | 'ended'
  | 'password_changed'
  | 'refresh_token_reused'
  | 'operator';

/** A shop's session: a chain of refresh tokens, each issued for the previous token. */
export interface SessionRecord {
  readonly _id: string;
  readonly shopId: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  /** After this none of its refresh tokens works. */
  readonly expiresAt: Date;
  readonly userAgent?: string;
  readonly address?: string;
  readonly endedAt?: Date;
  readonly endReason?: SessionEnd;
}

export const sessionSchema = new Schema(
  {
    _id: { type: String, required: true },
    shopId: { type: String, required: true },
    createdAt: { type: Date, required: true },
    lastUsedAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
    userAgent: String,
    address: String,
    endedAt: Date,
    endReason: String,
  },
  { collection: 'sessions', versionKey: false },
);

sessionSchema.index({ shopId: 1, _id: -1 }, { name: 'sessions_of_shop' });
sessionSchema.index({ expiresAt: 1 }, { name: 'sessions_expire', expireAfterSeconds: 0 });
