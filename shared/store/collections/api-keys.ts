import { Schema } from 'mongoose';
import type { Scope } from '../../domain/scopes.ts';
import { ifPresent } from './if-present.ts';

/** An API key. Only its hash is stored; the key itself is shown once. */
export interface ApiKeyRecord {
  readonly _id: string;
  readonly shopId: string;
  readonly name: string;
  /** SHA-256 of the key, hex. */
  readonly hash: string;
  /** The hash of the previous key, which works until `previousUntil` after a rotation. */
  readonly previousHash?: string;
  readonly previousUntil?: Date;
  readonly scopes: readonly Scope[];
  readonly requireSignature?: boolean;
  /** Number of rotations; the signing secret derives from it. */
  readonly generation?: number;
  /** Requests per minute; `KEY_REQUESTS_PER_MINUTE` by default. */
  readonly quotaPerMinute?: number;
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  /** Each API process updates it at most once a minute. */
  readonly lastUsedAt?: Date;
  readonly revokedAt?: Date;
}

export const apiKeySchema = new Schema(
  {
    _id: { type: String, required: true },
    shopId: { type: String, required: true },
    name: { type: String, required: true },
    hash: { type: String, required: true },
    previousHash: String,
    previousUntil: Date,
    scopes: { type: [String], required: true },
    requireSignature: Boolean,
    generation: Number,
    quotaPerMinute: Number,
    createdAt: { type: Date, required: true },
    expiresAt: Date,
    lastUsedAt: Date,
    revokedAt: Date,
  },
  { collection: 'api_keys', versionKey: false },
);

apiKeySchema.index({ hash: 1 }, { name: 'one_key_per_hash', unique: true });
apiKeySchema.index(
  { previousHash: 1 },
  { name: 'one_key_per_previous_hash', unique: true, ...ifPresent('previousHash') },
);
apiKeySchema.index({ shopId: 1, _id: -1 }, { name: 'keys_of_shop' });
