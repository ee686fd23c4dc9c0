import { z } from '@hono/zod-openapi';
import { currency } from '../../../shared/contract/iso-codes.ts';
import { PRICE_MAX, SEARCH_LENGTH_MAX } from '../../../shared/contract/limits.ts';
import { pageQuery } from '../../http/paging.ts';
import { queryFlag } from '../../http/query-flag.ts';
import { sku, typeName } from '../schemas.ts';
import { SORTS } from './orders.ts';

const PRICE = /^\d{1,9}$/;

const price = z
  .string()
  .regex(PRICE, 'A whole number of minor units.')
  .transform(Number)
  .pipe(z.number().max(PRICE_MAX))
  .openapi({ type: 'integer', minimum: 0, maximum: PRICE_MAX });

const filters = {
  ...pageQuery,
  q: z
    .string()
    .min(1)
    .max(SEARCH_LENGTH_MAX)
    .optional()
    .describe(
      'Words to look for in titles, SKUs, options, attributes and descriptions, in any script. What ' +
        'has more of them comes first. Case, accents, and singular or plural make no difference. ' +
        'Each can be the beginning of a word, or joined or parted (`lunchbox`). A word that nothing ' +
        'has is taken for misspelt. Nothing is an operator.',
    ),
  type: typeName.optional(),
  available: queryFlag
    .optional()
    .describe(
      'Whether some variant can be bought now. With it a page can have fewer items than `limit`, ' +
        'or none, though there is a next one.',
    ),
  sku: sku.optional().describe('Some variant has exactly this SKU.'),
  currency: currency.optional(),
  priceMin: price.optional().describe('Some variant costs so much or more, in minor units.'),
  priceMax: price.optional().describe('Some variant costs so much or less, in minor units.'),
  sort: z
    .enum(SORTS)
    .optional()
    .describe(
      'By price means the lowest of a product’s variants. Without it: `relevance` with `q`, else ' +
        '`newest`.',
    ),
};

const isRange = ({ priceMin = 0, priceMax = PRICE_MAX }: ProductListQuery) => priceMin <= priceMax;
const hasRelevance = ({ q, sort }: ProductListQuery) => sort !== 'relevance' || q !== undefined;

/** Query parameters of a list of products, with those that only this list has. */
export function productListQuery<Own extends z.ZodRawShape>(own: Own) {
  return z
    .strictObject({ ...filters, ...own })
    .refine((query) => isRange(query as ProductListQuery), {
      path: ['priceMin'],
      message: 'More than priceMax.',
    })
    .refine((query) => hasRelevance(query as ProductListQuery), {
      path: ['sort'],
      message: 'Only a search has relevance: it needs q.',
    });
}

const common = z.object(filters);

/** What every list of products can be asked. */
export type ProductListQuery = z.output<typeof common>;
