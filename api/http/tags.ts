/** The chapters of the API's description. */
export const TAGS = {
  access: 'Who may do what: shops and their sessions, API keys, buyers.',
  catalog: 'What is sold: products and their variants.',
  inventory: 'How much of it there is: stock levels and their movements.',
  discounts: 'Codes that take something off, and how often they were used.',
  carts: 'What buyers mean to buy, until they ask to.',
  checkouts: 'Asking to buy, and what became of it.',
  orders: 'What was bought, from the reservation to the delivery.',
  webhooks: 'Having events sent to endpoints of one’s own.',
  operations: 'For operators, who log in by name and password.',
  system: 'Whether it runs.',
} as const;

export type Tag = keyof typeof TAGS;
