import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';

export const cancelRequestExample = { reason: 'changed my mind' };

export const confirmRequestExample = { paymentReference: 'pay-8812' };

export const extendRequestExample = { seconds: 600 };

export const shipRequestExample = { trackingReference: 'JD 0002 8812', carrier: 'Royal Mail' };

export const orderChangesExample = {
  contact: { email: 'ada@example.org' },
  metadata: { invoice: 'R-2026-118' },
};

const units = [{ variantId: EXAMPLE_IDS.variant, quantity: 1 }];

export const returnRequestExample = { lines: units, restock: true, reason: 'too small' };

export const parcelRequestExample = { ...shipRequestExample, lines: units };

export const parcelExample = {
  id: 'pcl_01M85ENFVSV571FJHRR5C3TZ80',
  ...parcelRequestExample,
  at: '2026-03-01T10:02:00.000Z',
};

export const orderExample = {
  id: EXAMPLE_IDS.order,
  checkoutId: EXAMPLE_IDS.checkout,
  shopId: EXAMPLE_IDS.shop,
  buyerId: 'buyer-1',
  status: 'confirmed',
  lines: [
    {
      variantId: EXAMPLE_IDS.variant,
      productId: EXAMPLE_IDS.product,
      sku: 'TEE-S',
      title: 'Heavy cotton T-shirt, Small',
      quantity: 2,
      unitPrice: 1_900,
    },
  ],
  subtotal: 3_800,
  discount: 0,
  total: 3_800,
  currency: 'GBP',
  paymentReference: 'pay-8812',
  trackingReference: 'LU-7K3MD-00QXA-ZT5RW-9B1CE',
  ownReference: 'LU-7K3MD-00QXA-ZT5RW-9B1CE',
  placedAt: '2026-03-01T09:30:00.121Z',
  reservedUntil: '2026-03-01T09:45:00.121Z',
  history: [
    { at: '2026-03-01T09:30:00.121Z', status: 'pending', actor: 'system' },
    { at: '2026-03-01T09:31:00.000Z', status: 'confirmed', actor: EXAMPLE_IDS.key },
  ],
};

const EXPORTED = orderExample.lines[0];

/** An exported order in each format. The CSV has some of the file's columns. */
export const ORDER_FILE_EXAMPLES = {
  'application/x-ndjson': `${JSON.stringify(orderExample)}\n`,
  'text/csv':
    'id,status,placedAt,buyerId,currency,total,sku,quantity,unitPrice\r\n' +
    `${orderExample.id},confirmed,${orderExample.placedAt},buyer-1,GBP,3800,${EXPORTED?.sku},2,1900\r\n`,
} as const;
