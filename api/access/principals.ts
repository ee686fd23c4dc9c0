import { SCOPES, type Scope } from '../../shared/domain/scopes.ts';
import type { Principal } from '../http/principal.ts';
import type { FoundKey } from './api-key-cache.ts';

/** The scopes of a buyer, for its own resources only. */
const BUYER_SCOPES: readonly Scope[] = [
  'catalog:read',
  'carts:write',
  'checkouts:write',
  'orders:read',
  'orders:write',
];

/** Returns the principal for an API key, with the key's shop, scopes and quota. */
export function keyPrincipal({ key, generation }: FoundKey): Principal {
  const { _id: id, shopId, scopes, quotaPerMinute } = key;
  const quota = quotaPerMinute && { quotaPerMinute };
  return { kind: 'key', id, shopId, scopes, keyGeneration: generation, ...quota };
}

/** Returns the principal for a shop's session, which has all scopes. */
export function shopPrincipal(shopId: string, sessionId: string): Principal {
  return { kind: 'shop', id: shopId, shopId, scopes: SCOPES, sessionId };
}

/** Returns the principal for a buyer token, with the id and quota of the key that issued it. */
export function buyerPrincipal(issuer: FoundKey, buyerId: string): Principal {
  return { ...keyPrincipal(issuer), kind: 'buyer', scopes: BUYER_SCOPES, buyerId };
}
