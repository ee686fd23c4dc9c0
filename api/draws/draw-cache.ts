import type { EnterableDraw } from '../../shared/domain/draws.ts';
import { refuseField } from '../../shared/domain/errors.ts';
import { BatchCache } from '../../shared/runtime/batch-cache.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { DrawRecord } from '../../shared/store/collections/draws.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import { type StorefrontPolicies, toStorefront } from '../storefronts/storefront-policies.ts';

/** Draws, and ids without a draw, are looked up again after this time. */
const AGE_MS_MAX = 1_000;
const DRAWS_MAX = 10_000;
const LOOKUP_DRAWS_MAX = 500;

type CachedDraw = EnterableDraw & Pick<DrawRecord, 'shopId'>;

/** The dependencies of entering buyers in a draw. */
export interface EnteringContext {
  readonly drawCache: Pick<BatchCache<CachedDraw>, 'get'>;
  readonly storefrontPolicies: Pick<StorefrontPolicies, 'rightsOver'>;
}

/** Caches the fields of draws that entries depend on. These fields never change. */
export function createDrawCache(store: Store, clock: Clock): BatchCache<CachedDraw> {
  return new BatchCache<CachedDraw>(clock, {
    name: 'draws',
    ageMsMax: AGE_MS_MAX,
    entriesMax: DRAWS_MAX,
    keysPerReadMax: LOOKUP_DRAWS_MAX,
    read: async (ids) => {
      const draws = await store.draws
        .find(
          { _id: { $in: [...ids] } },
          {
            projection: { shopId: 1, variantId: 1, perBuyer: 1, opensAt: 1, closesAt: 1 },
            maxTimeMS: READ_TIMEOUT_MS,
          },
        )
        .toArray();
      return new Map(draws.map(({ _id, ...draw }) => [_id, { id: _id, ...draw }]));
    },
  });
}

/**
 * Finds the draw that a request enters. Only the seller's own storefront and storefronts that the
 * seller lists with `maySell` may enter buyers: a limit of one entry per buyer means nothing if a
 * storefront can invent buyers.
 * @returns undefined if the request names no draw
 * @throws RefusedError unknown_draw or storefront_not_listed
 */
export async function findDrawToEnter(
  { drawCache, storefrontPolicies }: EnteringContext,
  principal: Principal,
  drawId: string | undefined,
): Promise<EnterableDraw | undefined> {
  if (drawId === undefined) return undefined;
  const draw = (await drawCache.get([drawId])).get(drawId);
  if (draw === undefined) throw refuseField('unknown_draw', 'drawId', 'There is no such draw.');
  const { shopId } = draw;
  if (shopId === principal.shopId) return draw;
  const rights = await storefrontPolicies.rightsOver(toStorefront(principal), [shopId]);
  if (rights.get(shopId)?.maySellLimited === true) return draw;
  const message = 'The shop of the draw does not list this storefront as a seller.';
  throw refuseField('storefront_not_listed', 'drawId', message, { shopId });
}
