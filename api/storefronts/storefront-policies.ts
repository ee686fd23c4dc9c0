import {
  findRights,
  type GrantedRights,
  type Storefront,
  type StorefrontPolicy,
  toPolicy,
} from '../../shared/domain/storefront-rights.ts';
import { BatchCache } from '../../shared/runtime/batch-cache.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';

/** Every process applies a seller's change of its policy to sales within this time. */
const POLICY_AGE_MS_MAX = 1_000;
const POLICIES_MAX = 10_000;
const LOOKUP_SHOPS_MAX = 2_000;

type PolicyRecord = Pick<ShopRecord, '_id' | 'openToStorefronts' | 'storefronts' | 'heldShareMax'>;

/** Returns the shop and key by which sellers list the caller. */
export function toStorefront({ shopId, id: keyId }: Principal): Storefront {
  return { shopId, keyId };
}

/** Caches for a second which rights sellers give to storefronts. */
export class StorefrontPolicies {
  readonly #policies: BatchCache<StorefrontPolicy>;

  constructor(store: Store, clock: Clock) {
    this.#policies = new BatchCache(clock, {
      name: 'storefront policies',
      ageMsMax: POLICY_AGE_MS_MAX,
      entriesMax: POLICIES_MAX,
      keysPerReadMax: LOOKUP_SHOPS_MAX,
      read: (sellerIds) => readPolicies(store, sellerIds),
    });
  }

  /** Returns the storefront's rights at each of these sellers, at most a second old. */
  async rightsOver(
    storefront: Storefront,
    sellerIds: readonly string[],
  ): Promise<Map<string, GrantedRights>> {
    // A shop needs no permission to sell its own products.
    const others = sellerIds.filter((id) => id !== storefront.shopId);
    const policies = await this.#policies.get(others);
    return new Map(
      sellerIds.map((id) => [id, findRights(storefront, id, policies.get(id) ?? NO_SHOP)]),
    );
  }

  /** Reads the storefront's current rights at the seller from the database. */
  async currentRights(storefront: Storefront, sellerId: string): Promise<GrantedRights> {
    const policies = await this.#policies.read([sellerId]);
    return findRights(storefront, sellerId, policies.get(sellerId) ?? NO_SHOP);
  }

  /** Drops the seller from the cache, so that a change of its policy applies at once in this process. */
  forget(sellerId: string): void {
    this.#policies.forget(sellerId);
  }
}

const NO_SHOP = toPolicy(undefined);

const POLICY_FIELDS = { openToStorefronts: 1, storefronts: 1, heldShareMax: 1 };

async function readPolicies(store: Store, sellerIds: readonly string[]) {
  const shops = await store.shops
    .find<PolicyRecord>(
      { _id: { $in: [...sellerIds] } },
      { projection: POLICY_FIELDS, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  return new Map(shops.map((shop) => [shop._id, toPolicy(shop)]));
}
