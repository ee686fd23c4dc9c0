import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';

const shirt = {
  sku: 'SHIRT-M-NAVY',
  title: 'Medium, navy',
  price: 4_900,
  currency: 'GBP',
  options: { size: 'M', colour: 'navy' },
};

export const productRequestExample = {
  title: 'Linen shirt',
  description: 'Cool in summer.',
  type: 'clothing',
  attributes: { material: 'linen', audience: 'unisex' },
  variants: [shirt],
  tags: ['summer', 'new'],
  media: [{ url: 'https://cdn.example.com/linen-shirt.jpg', alt: 'A navy shirt on a hanger' }],
  metadata: { erp_id: '4711' },
};

export const productChangesExample = {
  title: 'Heavy cotton T-shirt, boxed',
  metadata: { erp_id: '4712', season: null },
};

export const productExample = {
  id: EXAMPLE_IDS.product,
  shopId: EXAMPLE_IDS.shop,
  title: 'Heavy cotton T-shirt',
  type: 'clothing',
  attributes: { material: 'cotton', audience: 'unisex' },
  status: 'published',
  variants: [
    {
      id: EXAMPLE_IDS.variant,
      sku: 'TEE-S',
      title: 'Small',
      price: 1_900,
      currency: 'GBP',
      options: { size: 'Small' },
      available: 10_000,
    },
  ],
  createdAt: '2026-03-01T09:30:00.000Z',
  updatedAt: '2026-03-01T09:31:00.000Z',
};

export const importResultExample = {
  created: 2,
  failed: 1,
  errorCount: 1,
  errors: [
    {
      line: 3,
      path: 'price',
      code: 'invalid_request',
      message: 'It must be a whole number of minor units, such as 1250 for £12.50.',
    },
  ],
  failedLines: [{ from: 3, to: 3 }],
};

// The SKUs differ from the SKUs above, so that each example can be tried after the others.
const productLine = JSON.stringify({
  ...productRequestExample,
  variants: [{ ...shirt, sku: 'SHIRT-L-NAVY' }],
});

/** An example of a file of products for each media type. */
export const PRODUCT_FILE_EXAMPLES = {
  'application/x-ndjson': `${productLine}\n`,
  'text/csv': [
    'product,title,description,type,sku,price,currency',
    'shirt,Linen shirt,Cool in summer.,clothing,SHIRT-S-NAVY,4900,GBP',
    '',
  ].join('\n'),
};
