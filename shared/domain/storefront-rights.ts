/** A storefront that sells or confirms: a shop that uses one of its keys. */
export interface Storefront {
  readonly shopId: string;
  readonly keyId: string;
}

/** A storefront's rights to a seller's products and their orders. */
export interface StorefrontRights {
  readonly maySell: boolean;
  /** Whether it may confirm that an order is paid. */
  readonly mayConfirm: boolean;
}

/** A storefront that a seller lists: all keys of another shop, or one key. */
export interface ListedStorefront extends StorefrontRights {
  readonly id: string;
  readonly shopId?: string;
  readonly keyId?: string;
  readonly createdAt: Date;
}

/** A seller's rules for storefronts. */
export interface StorefrontPolicy {
  /** Whether unlisted storefronts may sell for it. */
  readonly openToStorefronts: boolean;
  readonly storefronts: readonly ListedStorefront[];
  /** The share of a variant's units on hand that unlisted storefronts may hold; from 0 to 1. */
  readonly heldShareMax: number;
}

/** Without a setting, unlisted storefronts may hold all units. */
export const HELD_SHARE_MAX = 1;

/**
 * Reads a policy from the record of its shop. A shop is open to storefronts by default; a shop that
 * does not exist is closed.
 */
export function toPolicy(shop: Partial<StorefrontPolicy> | undefined): StorefrontPolicy {
  const { openToStorefronts = shop !== undefined, storefronts = [] } = shop ?? {};
  const { heldShareMax = HELD_SHARE_MAX } = shop ?? {};
  return { openToStorefronts, storefronts, heldShareMax };
}

/** The rights that a storefront has. */
export interface GrantedRights extends StorefrontRights {
  /**
   * Whether it may sell products that are limited per buyer. Unlisted storefronts may not, because
   * a limit means nothing if a storefront invents buyers.
   */
  readonly maySellLimited: boolean;
  /**
   * Set for an unlisted storefront: the share of a variant's units on hand that such storefronts
   * may hold.
   */
  readonly heldShareMax?: number;
}

const OWN: GrantedRights = { maySell: true, mayConfirm: true, maySellLimited: true };

/**
 * Finds the rights of a storefront to a seller's products and orders. The seller's own keys may do
 * what their scopes allow. For another shop, the listing of the key takes precedence over the
 * listing of the shop. An unlisted storefront may sell products without purchase limits while the
 * seller is open to all, and may never confirm.
 */
export function findRights(
  { shopId, keyId }: Storefront,
  sellerId: string,
  { openToStorefronts, storefronts, heldShareMax }: StorefrontPolicy,
): GrantedRights {
  if (shopId === sellerId) return OWN;
  const listed =
    storefronts.find((listing) => listing.keyId === keyId) ??
    storefronts.find((listing) => listing.shopId === shopId);
  if (listed === undefined) {
    return { maySell: openToStorefronts, mayConfirm: false, maySellLimited: false, heldShareMax };
  }
  const { maySell, mayConfirm } = listed;
  return { maySell, mayConfirm, maySellLimited: maySell };
}
