import { productsOwnedBy } from '../../access/visibility.ts';
import { sellers } from '../../http/access.ts';
import { route } from '../context.ts';
import { PRODUCT_FILE_EXAMPLES } from '../examples.ts';
import { exportProducts, NAMES_TIMEOUT_MS } from './export-products.ts';
import { DELIMITERS, exportQuery } from './schemas.ts';

const MEDIA_TYPE = { ndjson: 'application/x-ndjson', csv: 'text/csv; charset=utf-8' };

export const getExport = route(
  {
    method: 'get',
    path: '/v1/products/export',
    operationId: 'products.export',
    tag: 'catalog',
    summary: 'Export the shop’s own products',
    description:
      'All of them, the oldest first, as a file that can be imported: NDJSON, or CSV of the type ' +
      '`text/csv`. If the connection breaks before the end, the file is incomplete.',
    access: sellers('catalog:read'),
    query: exportQuery,
    timeoutMs: NAMES_TIMEOUT_MS + 5_000,
    responses: {
      200: { description: 'The file.', media: PRODUCT_FILE_EXAMPLES },
      400: { description: 'Bad input, or too many columns for CSV.' },
      429: {
        description: 'The quota is used up, or two exports of the shop are under way.',
        headers: { 'Retry-After': 'Seconds.' },
      },
    },
  },
  async ({ context, principal, query, checkStillGood }) => {
    const { format, status, delimiter = 'comma', bom } = query;
    const style = { delimiter: DELIMITERS[delimiter], bom: bom === true };
    const filter = { ...productsOwnedBy(principal), ...(status && { status }) };
    const { shopId } = principal;
    const request = { context, shopId, checkStillGood, filter, format, style };
    const body = await exportProducts(request);
    return new Response(body, {
      headers: {
        'content-type': MEDIA_TYPE[format],
        'content-disposition': `attachment; filename="products.${format}"`,
        'cache-control': 'no-store',
      },
    });
  },
);
