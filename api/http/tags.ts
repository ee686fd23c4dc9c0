/** The chapters of the API's description. */
export const TAGS = {
  access: 'Who may do what: shops and their sessions, API keys, buyers.',
  catalog: 'What is sold: products and their variants.',
  inventory: 'How much of it there is: stock levels and their movements.',
  checkouts: 'Asking to buy, and what became of it.',
  orders: 'What was bought, from the reservation to the delivery.',
  operations: 'For operators, who log in by name and password.',
  system: 'Whether it runs.',
} as const;

export type Tag = keyof typeof TAGS;
