import { Schema } from 'mongoose';
import type { ListedStorefront } from '../../domain/storefront-rights.ts';

/** A seller. */
export interface ShopRecord {
  readonly _id: string;
  readonly name: string;
  /** Lower case. */
  readonly email: string;
  /** argon2id in PHC format; absent if the shop has no login. */
  readonly passwordHash?: string;
  /** Whether unlisted storefronts may sell for it; true by default. */
  readonly openToStorefronts?: boolean;
  /** The share of a variant's units on hand that unlisted storefronts may hold; 1 by default. */
  readonly heldShareMax?: number;
  /** The listed storefronts, at most `STOREFRONTS_PER_SHOP_MAX`; absent if there are none. */
  readonly storefronts?: readonly ListedStorefront[];
  readonly createdAt: Date;
  /** Incremented with each new API key, so that concurrent requests for keys conflict. */
  readonly keysIssued?: number;
  /** Addresses of recent successful logins, the latest first. */
  readonly knownAddresses?: readonly KnownAddress[];
}

/** An address with the time of a successful login from it, which is noted at most once a day. */
export interface KnownAddress {
  /** An IPv4 address, or the /64 of an IPv6 address. */
  readonly network: string;
  readonly loggedInAt: Date;
}

export const shopSchema = new Schema(
  {
    _id: { type: String, required: true },
    name: { type: String, required: true },
    email: { type: String, required: true },
    passwordHash: String,
    openToStorefronts: Boolean,
    heldShareMax: Number,
    storefronts: { type: [Schema.Types.Mixed], default: undefined },
    createdAt: { type: Date, required: true },
    keysIssued: Number,
    knownAddresses: {
      type: [{ _id: false, network: String, loggedInAt: Date }],
      default: undefined,
    },
  },
  { collection: 'shops', versionKey: false },
);

shopSchema.index({ email: 1 }, { name: 'one_shop_per_email', unique: true });
