import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';

export const adjustmentByDeltaExample = {
  delta: 25,
  reason: 'delivery',
  reference: 'note 8812',
};

export const adjustmentToCountExample = { set: 120, reason: 'stock-taking' };

export const levelPatchExample = { lowStockThreshold: 10 };

export const stockLevelExample = {
  variantId: EXAMPLE_IDS.variant,
  productId: EXAMPLE_IDS.product,
  onHand: 10_025,
  reserved: 3,
  available: 10_022,
  sold: 41,
  version: 58,
  lowStockThreshold: 10,
};

export const movementExample = {
  id: EXAMPLE_IDS.movement,
  variantId: EXAMPLE_IDS.variant,
  version: 58,
  kind: 'adjust',
  delta: { onHand: 25, reserved: 0, sold: 0 },
  reason: 'delivery',
  reference: 'note 8812',
  actor: EXAMPLE_IDS.key,
  at: '2026-03-01T09:30:00.000Z',
};

export const variantByDeltaExample = { variantId: EXAMPLE_IDS.variant, delta: 25 };

export const variantToCountExample = { variantId: EXAMPLE_IDS.variant, set: 120 };

export const adjustmentsRequestExample = {
  adjustments: [variantByDeltaExample],
  reason: 'delivery',
  reference: 'note 8813',
};
