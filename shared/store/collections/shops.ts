import { Schema } from 'mongoose';

/** A seller. */
export interface ShopRecord {
  readonly _id: string;
  readonly name: string;
  /** Lower case. */
  readonly email: string;
  /** argon2id in the PHC form; absent for a shop that nobody can log in to. */
  readonly passwordHash?: string;
  readonly createdAt: Date;
}

export const shopSchema = new Schema<ShopRecord>(
  {
    _id: { type: String, required: true },
    name: { type: String, required: true },
    email: { type: String, required: true },
    passwordHash: String,
    createdAt: { type: Date, required: true },
  },
  { collection: 'shops', versionKey: false },
);

shopSchema.index({ email: 1 }, { name: 'one_shop_per_email', unique: true });
