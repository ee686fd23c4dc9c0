import {
  findRights,
  type Storefront,
  type StorefrontPolicy,
  type StorefrontRights,
  toPolicy,
} from '../../shared/domain/storefront-rights.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';

/** Every process applies a change of a policy within this time. */
const POLICY_AGE_MS_MAX = 1_000;
const POLICIES_MAX = 10_000;
const LOOKUPS_MAX = 500;
const LOOKUP_SHOPS_MAX = 2_000;
const WAITING_MAX = 20_000;

type PolicyRecord = Pick<ShopRecord, '_id' | 'openToStorefronts' | 'storefronts'>;

interface Entry {
  readonly policy: StorefrontPolicy;
  readonly readAt: number;
}

type Policies = ReadonlyMap<string, StorefrontPolicy>;

/** Returns the shop and key by which sellers list the caller. */
export function toStorefront({ shopId, id: keyId }: Principal): Storefront {
  return { shopId, keyId };
}

/** Caches the rights that sellers give to storefronts for a second. */
export class StorefrontPolicies {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** Counts the calls of `forget`: a read that began before one may return what was changed. */
  #forgotten = 0;
  readonly #lookups: GroupCommit<readonly string[], Policies>;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#lookups = new GroupCommit({
      name: 'storefront policies',
      itemsMax: LOOKUPS_MAX,
      weigh: (sellerIds) => sellerIds.length,
      weightMax: LOOKUP_SHOPS_MAX,
      queueMax: WAITING_MAX,
      commit: async (groups) => {
        const policies = await this.#freshOrRead([...new Set(groups.flat())]);
        return groups.map(() => ({ value: policies }));
      },
    });
  }

  /** Returns the storefront's rights at each of these sellers, at most a second old. */
  async rightsOver(
    storefront: Storefront,
    sellerIds: readonly string[],
  ): Promise<Map<string, StorefrontRights>> {
    const cached = this.#fresh(sellerIds);
    // A shop needs no permission to sell its own products.
    const missing = sellerIds.filter((id) => id !== storefront.shopId && !cached.has(id));
    const read = missing.length === 0 ? cached : await this.#lookups.submit(missing);
    return new Map(
      sellerIds.map((id) => {
        const policy = cached.get(id) ?? read.get(id) ?? toPolicy(undefined);
        return [id, findRights(storefront, id, policy)] as const;
      }),
    );
  }

  /** Reads the storefront's current rights at the seller from the database. */
  async currentRights(storefront: Storefront, sellerId: string): Promise<StorefrontRights> {
    const policies = await this.#read([sellerId]);
    return findRights(storefront, sellerId, policies.get(sellerId) ?? toPolicy(undefined));
  }

  /** Drops the seller from the cache, so that its change applies at once in this process. */
  forget(sellerId: string): void {
    this.#entries.delete(sellerId);
    this.#forgotten += 1;
  }

  #fresh(sellerIds: readonly string[]): Map<string, StorefrontPolicy> {
    const now = this.#clock.now().getTime();
    const fresh = new Map<string, StorefrontPolicy>();
    for (const id of sellerIds) {
      const entry = this.#entries.get(id);
      if (entry !== undefined && now - entry.readAt < POLICY_AGE_MS_MAX)
        fresh.set(id, entry.policy);
    }
    return fresh;
  }

  /** The previous group may have read these policies while this one waited. */
  async #freshOrRead(sellerIds: readonly string[]): Promise<Policies> {
    const fresh = this.#fresh(sellerIds);
    const stale = sellerIds.filter((id) => !fresh.has(id));
    return stale.length === 0 ? fresh : new Map([...fresh, ...(await this.#read(stale))]);
  }

  async #read(sellerIds: readonly string[]): Promise<Policies> {
    const readAt = this.#clock.now().getTime();
    const forgotten = this.#forgotten;
    const shops = await this.#store.shops
      .find<PolicyRecord>(
        { _id: { $in: sellerIds } },
        { projection: { openToStorefronts: 1, storefronts: 1 }, maxTimeMS: READ_TIMEOUT_MS },
      )
      .toArray();
    if (this.#entries.size + shops.length > POLICIES_MAX) this.#entries.clear();
    const policies = new Map(shops.map((shop) => [shop._id, toPolicy(shop)]));
    if (forgotten === this.#forgotten) {
      for (const [id, policy] of policies) this.#entries.set(id, { policy, readAt });
    }
    return policies;
  }
}
