import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';

export const discountRequestExample = {
  code: 'SUMMER-10',
  kind: 'percentage',
  value: 10,
  startsAt: '2026-06-01T00:00:00Z',
  endsAt: '2030-09-01T00:00:00Z',
  usageLimit: 500,
  usageLimitPerBuyer: 1,
  appliesTo: 'all',
};

export const discountChangesExample = { usageLimit: 800, minimumSubtotal: null };

export const discountExample = {
  ...discountRequestExample,
  id: EXAMPLE_IDS.discount,
  shopId: EXAMPLE_IDS.shop,
  startsAt: '2026-06-01T00:00:00.000Z',
  endsAt: '2030-09-01T00:00:00.000Z',
  combinable: false,
  status: 'active',
  uses: 12,
  remaining: 488,
  createdAt: '2026-05-20T09:30:00.000Z',
  updatedAt: '2026-05-20T09:30:00.000Z',
};
