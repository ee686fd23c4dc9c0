/** The sections of the API's description. */
export const TAGS = {
  access: 'Shops and their sessions, API keys, and buyers.',
  catalog: 'Products and their variants.',
  inventory: 'Stock levels and their movements.',
  discounts: 'Discount codes and their uses.',
  draws: 'Draws of units, for products that too many buyers want.',
  carts: 'The carts of buyers before the checkout.',
  checkouts: 'Requests to buy, and their outcomes.',
  orders: 'Orders, from the reservation to the delivery.',
  webhooks: 'Events that are sent to endpoints of a shop.',
  operations: 'Routes for operators, who log in by name and password.',
  system: 'The health of the system.',
} as const;

export type Tag = keyof typeof TAGS;
