import { SCOPES, type Scope } from '../../shared/domain/scopes.ts';
import type { ApiKeyRecord } from '../../shared/store/collections/api-keys.ts';
import type { Principal } from '../http/principal.ts';

/** What a buyer may do, and only with what is its own. */
const BUYER_SCOPES: readonly Scope[] = [
  'catalog:read',
  'carts:write',
  'checkouts:write',
  'orders:read',
  'orders:write',
];

/** Who calls with this key: its shop, with the scopes and the quota of the key. */
export function keyPrincipal(key: ApiKeyRecord): Principal {
  const { _id, shopId, scopes, quotaPerMinute } = key;
  return { kind: 'key', id: _id, shopId, scopes, ...(quotaPerMinute && { quotaPerMinute }) };
}

/** Who calls with a session of the shop: somebody who may do all that the shop may. */
export function shopPrincipal(shopId: string, sessionId: string): Principal {
  return { kind: 'shop', id: shopId, shopId, scopes: SCOPES, sessionId };
}

/** A buyer acts for the key that let it in, and shares its quota. */
export function buyerPrincipal(key: ApiKeyRecord, buyerId: string): Principal {
  return { ...keyPrincipal(key), kind: 'buyer', scopes: BUYER_SCOPES, buyerId };
}
