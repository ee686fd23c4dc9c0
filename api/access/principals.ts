import { SCOPES, type Scope } from '../../shared/domain/scopes.ts';
import type { ApiKeyRecord } from '../../shared/store/collections/api-keys.ts';
import type { Principal } from '../http/principal.ts';

/** The scopes of a buyer, for its own resources only. */
const BUYER_SCOPES: readonly Scope[] = [
  'catalog:read',
  'carts:write',
  'checkouts:write',
  'orders:read',
  'orders:write',
];

/** Returns the caller of a key: its shop, with the key's scopes and quota. */
export function keyPrincipal(key: ApiKeyRecord): Principal {
  const { _id, shopId, scopes, quotaPerMinute } = key;
  return { kind: 'key', id: _id, shopId, scopes, ...(quotaPerMinute && { quotaPerMinute }) };
}

/** Returns the caller of a session, who may do everything that the shop may. */
export function shopPrincipal(shopId: string, sessionId: string): Principal {
  return { kind: 'shop', id: shopId, shopId, scopes: SCOPES, sessionId };
}

/** Returns the caller of a buyer token, who acts for the key and shares its quota. */
export function buyerPrincipal(key: ApiKeyRecord, buyerId: string): Principal {
  return { ...keyPrincipal(key), kind: 'buyer', scopes: BUYER_SCOPES, buyerId };
}
