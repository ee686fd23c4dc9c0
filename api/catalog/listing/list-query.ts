import { z } from '@hono/zod-openapi';
import { currency } from '../../../shared/contract/iso-codes.ts';
import { PRICE_MAX, SEARCH_LENGTH_MAX } from '../../../shared/contract/limits.ts';
import { tag } from '../../../shared/contract/media.ts';
import { pageQuery } from '../../http/paging.ts';
import { queryFlag } from '../../http/query-flag.ts';
import { sku, typeName } from '../schemas.ts';
import { SORTS } from './orders.ts';

const PRICE = /^\d{1,9}$/;

const price = z
  .string()
  .regex(PRICE, 'It must be a whole number of minor units.')
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
      'Words to look for in titles, SKUs, options, attributes and descriptions, in any script. ' +
        'Products with more of these words come first. Case, accents, and singular or plural make no ' +
        'difference. A word also matches the beginning of a longer word, except in descriptions, ' +
        'and words that are joined or separated (`lunchbox`). A word that no product has counts as ' +
        'misspelt and is corrected if possible. There are no operators.',
    ),
  type: typeName.optional(),
  available: queryFlag
    .optional()
    .describe(
      'Whether some variant has available units, whatever the sale times. With this filter a page ' +
        'can be short or empty although a next page exists.',
    ),
  sku: sku.optional().describe('Some variant has exactly this SKU.'),
  tag: tag.optional().describe('The product has this tag. Case and accents make no difference.'),
  currency: currency.optional(),
  priceMin: price.optional().describe('Some variant costs this much or more, in minor units.'),
  priceMax: price.optional().describe('Some variant costs this much or less, in minor units.'),
  sort: z
    .enum(SORTS)
    .optional()
    .describe(
      '`price_…` sorts by the lowest price of a product’s variants. The default is `relevance` ' +
        'with `q`, otherwise `newest`.',
    ),
};

const isPriceRange = ({ priceMin = 0, priceMax = PRICE_MAX }: ProductListQuery) =>
  priceMin <= priceMax;
const canSort = ({ q, sort }: ProductListQuery) => sort !== 'relevance' || q !== undefined;

/**
 * Returns the schema of the query of a list of products.
 * @param own the parameters that only this list has
 */
export function productListQuery<Own extends z.ZodRawShape>(own: Own) {
  return z
    .strictObject({ ...filters, ...own })
    .refine((query) => isPriceRange(query as ProductListQuery), {
      path: ['priceMin'],
      message: 'It must not be more than priceMax.',
    })
    .refine((query) => canSort(query as ProductListQuery), {
      path: ['sort'],
      message: 'Sorting by relevance requires q.',
    });
}

const common = z.object(filters);

/** Query parameters of every list of products. */
export type ProductListQuery = z.output<typeof common>;
