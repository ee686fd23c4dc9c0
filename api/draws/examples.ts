import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';

export const drawRequestExample = {
  variantId: EXAMPLE_IDS.variant,
  quantity: 2,
  perBuyer: 1,
  opensAt: '2030-06-01T09:00:00Z',
  closesAt: '2030-06-01T10:00:00Z',
};

const terms = {
  ...drawRequestExample,
  id: EXAMPLE_IDS.draw,
  shopId: EXAMPLE_IDS.shop,
  productId: EXAMPLE_IDS.product,
  opensAt: '2030-06-01T09:00:00.000Z',
  closesAt: '2030-06-01T10:00:00.000Z',
  seedHash: '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925',
  createdAt: '2030-05-20T09:30:00.000Z',
};

export const drawExample = {
  ...terms,
  status: 'settled',
  entryCount: 1,
  closedAt: '2030-06-01T10:00:00.120Z',
  settledAt: '2030-06-01T10:01:30.400Z',
  seed: '0000000000000000000000000000000000000000000000000000000000000000',
  entries: [EXAMPLE_IDS.checkout],
  winnerCount: 1,
  winners: [EXAMPLE_IDS.checkout],
  passedOver: [],
  passedOverCount: 0,
};
