import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findRights, type ListedStorefront, type StorefrontPolicy } from './storefront-rights.ts';

const SELLER = 'shp_seller';
const storefront = { shopId: 'shp_front', keyId: 'key_front' };

const listing = (changes: Partial<ListedStorefront>): ListedStorefront => ({
  ...{ id: 'sft_1', maySell: true, mayConfirm: false, createdAt: new Date(0) },
  ...changes,
});

const policy = (openToStorefronts: boolean, ...storefronts: ListedStorefront[]) => ({
  openToStorefronts,
  storefronts,
  heldShareMax: 0.25,
});

const all = { maySell: true, mayConfirm: true, maySellLimited: true };
const none = { maySell: false, mayConfirm: false, maySellLimited: false };
const unlisted = { ...none, heldShareMax: 0.25 };
const byShop = (rights: object) => listing({ shopId: storefront.shopId, ...rights });
const byKey = (rights: object) => listing({ keyId: storefront.keyId, ...rights });

describe('the rights of a storefront', () => {
  test.each<[string, StorefrontPolicy, object]>([
    ['unlisted, while the seller is open', policy(true), { ...unlisted, maySell: true }],
    ['unlisted, while the seller is closed', policy(false), unlisted],
    [
      'unlisted, while another storefront is listed',
      policy(false, listing({ shopId: 'shp_other', ...all })),
      unlisted,
    ],
    ['listed by its shop', policy(false, byShop(all)), all],
    ['listed by its key', policy(false, byKey(all)), all],
    ['listed in order to be excluded from an open shop', policy(true, byShop(none)), none],
    [
      'listed by its key, which takes precedence over its shop',
      policy(true, byShop(all), byKey(none)),
      none,
    ],
    ['listed by its key before its shop', policy(false, byKey(all), byShop(none)), all],
  ])('%s', (_, sellerPolicy, expected) => {
    expect(findRights(storefront, SELLER, sellerPolicy)).toEqual(expected);
  });

  const rights = fc.record({ maySell: fc.boolean(), mayConfirm: fc.boolean() });
  const partner = fc.constantFrom(
    { shopId: storefront.shopId },
    { keyId: storefront.keyId },
    { shopId: 'shp_other' },
    { keyId: 'key_other' },
  );
  const policies = fc.record({
    openToStorefronts: fc.boolean(),
    heldShareMax: fc.constantFrom(0, 0.25, 1),
    storefronts: fc.array(
      fc.tuple(partner, rights).map(([who, may]) => listing({ ...who, ...may })),
      { maxLength: 6 },
    ),
  });

  test('the seller’s own keys may do everything, whatever is listed', () => {
    fc.assert(
      fc.property(policies, (anyPolicy) => {
        const own = { shopId: SELLER, keyId: storefront.keyId };
        expect(findRights(own, SELLER, anyPolicy)).toEqual(all);
      }),
    );
  });

  test('no storefront confirms without a listing that allows it', () => {
    fc.assert(
      fc.property(policies, (anyPolicy) => {
        const { mayConfirm } = findRights(storefront, SELLER, anyPolicy);
        const own = anyPolicy.storefronts.filter(
          ({ shopId, keyId }) => shopId === storefront.shopId || keyId === storefront.keyId,
        );
        if (mayConfirm) expect(own.some((listed) => listed.mayConfirm)).toBe(true);
        if (own.length === 0) expect(mayConfirm).toBe(false);
      }),
    );
  });
});
