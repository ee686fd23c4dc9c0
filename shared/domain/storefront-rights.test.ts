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
    ['another one is listed', policy(false, listing({ shopId: 'shp_other', ...all })), unlisted],
    ['its shop is listed', policy(false, byShop(all)), all],
    ['its key is listed', policy(false, byKey(all)), all],
    ['listed in order to be excluded from an open shop', policy(true, byShop(none)), none],
    ['its key counts before its shop', policy(true, byShop(all), byKey(none)), none],
    ['whichever was listed first', policy(false, byKey(all), byShop(none)), all],
  ])('%s', (_, given, expected) => {
    expect(findRights(storefront, SELLER, given)).toEqual(expected);
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
      fc.property(policies, (given) => {
        const own = { shopId: SELLER, keyId: storefront.keyId };
        expect(findRights(own, SELLER, given)).toEqual(all);
      }),
    );
  });

  test('no storefront confirms without a listing that allows it', () => {
    fc.assert(
      fc.property(policies, (given) => {
        const { mayConfirm } = findRights(storefront, SELLER, given);
        const own = given.storefronts.filter(
          (each) => each.shopId === storefront.shopId || each.keyId === storefront.keyId,
        );
        if (mayConfirm) expect(own.some((each) => each.mayConfirm)).toBe(true);
        if (own.length === 0) expect(mayConfirm).toBe(false);
      }),
    );
  });
});
