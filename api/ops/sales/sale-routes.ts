import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../../shared/contract/example-ids.ts';
import { SEARCH_LENGTH_MAX } from '../../../shared/contract/limits.ts';
import { idParams } from '../../http/id-list.ts';
import { route } from '../context.ts';
import { endSale } from './end-sale.ts';
import { findSales, SALES_MAX } from './find-sales.ts';

const shared = { tag: 'operations', access: { operator: true } } as const;

const sale = z
  .object({
    productId: z.string(),
    shopId: z.string(),
    title: z.string(),
    skus: z.array(z.string()),
    available: z.int().describe('Units of all variants that are on hand and not reserved.'),
    saleFrom: z.iso.datetime().optional(),
    saleUntil: z.iso.datetime().optional().describe('When the sale ends.'),
  })
  .openapi('Sale', {
    example: {
      productId: EXAMPLE_IDS.product,
      shopId: EXAMPLE_IDS.shop,
      title: 'Linen shirt',
      skus: ['SHIRT-M'],
      available: 12,
    },
  });

const sales = z.object({ items: z.array(sale) }).openapi('Sales');

const endedSale = z
  .object({ productId: z.string(), title: z.string(), saleUntil: z.iso.datetime() })
  .openapi('EndedSale', {
    example: {
      productId: EXAMPLE_IDS.product,
      title: 'Linen shirt',
      saleUntil: '2026-03-01T10:00:00.000Z',
    },
  });

export const getSales = route(
  {
    ...shared,
    method: 'get',
    path: '/ops/sales',
    operationId: 'operations.findSales',
    summary: 'Find products on sale',
    description: `Returns at most ${SALES_MAX} published products of all shops, the best match first.`,
    query: z.strictObject({
      q: z
        .string()
        .min(1)
        .max(SEARCH_LENGTH_MAX)
        .optional()
        .describe(
          'The id of a product or a variant, or words of titles and SKUs. Without it, the newest ' +
            'products are returned.',
        ),
    }),
    responses: {
      200: { description: 'The products.', schema: sales },
    },
  },
  async ({ context, query }) => {
    const products = await findSales(context.store, query.q);
    const items = products.map(
      ({ _id, shopId, title, variants, available, saleFrom, saleUntil }) => ({
        ...{ productId: _id, shopId, title, skus: variants.map(({ sku }) => sku) },
        available: variants.reduce((sum, { id }) => sum + (available.get(id) ?? 0), 0),
        ...(saleFrom && { saleFrom: saleFrom.toISOString() }),
        ...(saleUntil && { saleUntil: saleUntil.toISOString() }),
      }),
    );
    return { status: 200, body: { items } };
  },
);

export const postEndSale = route(
  {
    ...shared,
    method: 'post',
    path: '/ops/sales/{id}/end',
    operationId: 'operations.endSale',
    summary: 'End the sale of a product',
    description:
      'Sets `saleUntil` of the product to now, as its seller can. Responds after two seconds, when all ' +
      'API processes refuse further checkouts as `sale_over`. Checkouts accepted before are still ' +
      'settled, and waiting checkouts are rejected as `wait_over`. Repeating the call changes ' +
      'nothing. Requires OPS_BOARD_WRITABLE=true.',
    params: idParams,
    responses: {
      200: { description: 'The sale is over.', schema: endedSale },
      403: { description: 'Changes are switched off, or the operator may only read.' },
      404: { description: 'No such product.' },
      409: { description: 'The sale has not started (`not_on_sale_yet`).' },
      422: { description: 'The product is a draft (`product_unpublished`).' },
    },
  },
  async (input) => {
    const ended = await endSale(input, input.params.id);
    return { status: 200, body: { ...ended, saleUntil: ended.saleUntil.toISOString() } };
  },
);
