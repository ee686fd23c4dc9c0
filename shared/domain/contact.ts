/** How to reach a buyer about an order. */
export interface Contact {
  readonly email?: string;
  readonly phone?: string;
  readonly name?: string;
}

/** The members of checkouts and orders that can identify a person, apart from the buyer's id. */
export const PERSONAL_FIELDS = ['shippingAddress', 'contact', 'note'] as const;

/** The `actor` of a buyer's change is this prefix, followed by the buyer's id. */
export const BUYER_ACTOR_PREFIX = 'buyer:';
