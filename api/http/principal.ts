import { BUYER_ACTOR_PREFIX } from '../../shared/domain/contact.ts';
import type { Scope } from '../../shared/domain/scopes.ts';
import type { OperatorRole } from '../../shared/domain/vocabulary.ts';

/** Callers that authenticate with a key or a token of the API. */
export type CallerKind = 'key' | 'shop' | 'buyer';

/** The caller of a request; `nobody` on a route without authentication. */
export interface Principal {
  readonly kind: CallerKind | 'operator' | 'nobody';
  /** The id of the key or the shop, or an operator's name. A buyer has the id of its key. */
  readonly id: string;
  /**
   * The caller's shop; empty for an operator and for `ANONYMOUS`. It is the storefront of the
   * carts, checkouts and orders that the caller creates.
   */
  readonly shopId: string;
  readonly scopes: readonly Scope[];
  /** Set for a buyer, who can only access its own data. */
  readonly buyerId?: string;
  /** Set for a key and a buyer: which secret of the key the caller has, or its token was issued by. */
  readonly keyGeneration?: number;
  /** Set for a shop, which authenticates by a session. */
  readonly sessionId?: string;
  /** Set for an operator. */
  readonly role?: OperatorRole;
  /** The quota of the key in requests per minute, if it is not the default. */
  readonly quotaPerMinute?: number;
}

/**
 * Returns the actor of a caller's changes: the caller's `id`, or for a buyer a prefix and the
 * buyer's id. The prefix distinguishes buyers, whose ids are free text, from `system` and from
 * other ids.
 */
export function toActor({ id, buyerId }: Principal): string {
  return buyerId === undefined ? id : `${BUYER_ACTOR_PREFIX}${buyerId}`;
}

/** The caller of a route without authentication. */
export const ANONYMOUS: Principal = { kind: 'nobody', id: 'anonymous', shopId: '', scopes: [] };
