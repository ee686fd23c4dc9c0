import type { Scope } from '../../shared/domain/scopes.ts';

/** Callers that prove themselves with a key or a token of ours. */
export type CallerKind = 'key' | 'shop' | 'buyer';

/** Who calls, once that has been proven. */
export interface Principal {
  readonly kind: CallerKind | 'operator' | 'nobody';
  /** Id of the key, or of the shop. A buyer acts as its key. */
  readonly id: string;
  /** The shop that owns the key: carts, checkouts and orders made with it are this shop's. */
  readonly shopId: string;
  readonly scopes: readonly Scope[];
  /** Set for a buyer, who sees and makes things of its own only. */
  readonly buyerId?: string;
  /** Set for a shop: the session it acts in. */
  readonly sessionId?: string;
  /** Requests a minute that its key may make, where that is not the default. */
  readonly quotaPerMinute?: number;
}

/**
 * How the record names who acts: by the id of a key or a shop, a buyer by its name. The prefix keeps
 * buyers, who may be called anything, apart from `system` and from ids.
 */
export function toActor({ id, buyerId }: Principal): string {
  return buyerId === undefined ? id : `buyer:${buyerId}`;
}

/** A caller that has proven nothing, on a route that asks for nothing. */
export const ANONYMOUS: Principal = { kind: 'nobody', id: 'anonymous', shopId: '', scopes: [] };
