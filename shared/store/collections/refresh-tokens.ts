import { Schema } from 'mongoose';

/** A refresh token, of which only the hash is stored. Used tokens are kept to detect reuse. */
export interface RefreshTokenRecord {
  /** SHA-256 of the token, hex. */
  readonly _id: string;
  readonly sessionId: string;
  readonly shopId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly usedAt?: Date;
}

export const refreshTokenSchema = new Schema(
  {
    _id: { type: String, required: true },
    sessionId: { type: String, required: true },
    shopId: { type: String, required: true },
    createdAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
    usedAt: Date,
  },
  { collection: 'refresh_tokens', versionKey: false },
);

refreshTokenSchema.index(
  { expiresAt: 1 },
  { name: 'refresh_tokens_expire', expireAfterSeconds: 0 },
);
