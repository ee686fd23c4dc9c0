import { STOREFRONTS_PER_SHOP_MAX } from '../../shared/contract/limits.ts';
import type { ListedStorefront, StorefrontRights } from '../../shared/domain/storefront-rights.ts';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import type { Session, Store } from '../../shared/store/store.ts';
import { shopVisibleTo } from '../access/visibility.ts';
import type { Principal } from '../http/principal.ts';

type Listings = Pick<ShopRecord, 'storefronts'>;

/** Identifies a storefront that a shop lists: another shop with all its keys, or a single key. */
export type Partner = { readonly shopId: string } | { readonly keyId: string };

/** Changes the rights of a listed storefront; returns undefined if it is not listed. */
export async function updateListing(
  store: Store,
  principal: Principal,
  partner: Partner,
  { maySell, mayConfirm }: StorefrontRights,
  session: Session,
): Promise<ListedStorefront | undefined> {
  const updated = await store.shops.findOneAndUpdate(
    { ...shopVisibleTo(principal), storefronts: { $elemMatch: partner } },
    { $set: { 'storefronts.$.maySell': maySell, 'storefronts.$.mayConfirm': mayConfirm } },
    { returnDocument: 'after', projection: { storefronts: 1 }, session },
  );
  return (updated as Listings | null)?.storefronts?.find((listed) => isFor(listed, partner));
}

/** Adds a storefront; returns false if it is listed already or the list is full. */
export async function addListing(
  store: Store,
  principal: Principal,
  partner: Partner,
  listed: ListedStorefront,
  session: Session,
): Promise<boolean> {
  const { modifiedCount } = await store.shops.updateOne(
    {
      ...shopVisibleTo(principal),
      storefronts: { $not: { $elemMatch: partner } },
      [`storefronts.${STOREFRONTS_PER_SHOP_MAX - 1}`]: { $exists: false },
    },
    { $push: { storefronts: listed } },
    { session },
  );
  return modifiedCount === 1;
}

/** Removes a storefront and returns it; returns undefined if the shop does not list it. */
export async function removeListing(
  store: Store,
  principal: Principal,
  id: string,
  session: Session,
): Promise<ListedStorefront | undefined> {
  const before = await store.shops.findOneAndUpdate(
    { ...shopVisibleTo(principal), 'storefronts.id': id },
    { $pull: { storefronts: { id } } },
    { returnDocument: 'before', projection: { storefronts: 1 }, session },
  );
  return (before as Listings | null)?.storefronts?.find((listed) => listed.id === id);
}

function isFor(listed: ListedStorefront, partner: Partner): boolean {
  return 'shopId' in partner ? listed.shopId === partner.shopId : listed.keyId === partner.keyId;
}
