import { fileResponse } from '../catalog/import-export/file-response.ts';
import { toCsvStyle } from '../catalog/import-export/schemas.ts';
import { sellers } from '../http/access.ts';
import { route } from './context.ts';
import { ORDER_FILE_EXAMPLES } from './examples.ts';
import { exportOrders } from './export-orders.ts';
import { orderExportQuery } from './schemas.ts';

export const getOrderExport = route(
  {
    method: 'get',
    path: '/v1/orders/export',
    operationId: 'orders.export',
    tag: 'orders',
    summary: 'Export orders',
    description:
      'The orders of `GET /v1/orders` with the same filters, as NDJSON with an order on each line, ' +
      'or as CSV with a row for each line of an order; the amounts of the order are in its first ' +
      'row. An export that takes longer than two minutes is cut off. If the connection breaks before the ' +
      'end, the file is incomplete.',
    access: sellers('orders:read'),
    query: orderExportQuery,
    responses: {
      200: { description: 'The file.', media: ORDER_FILE_EXAMPLES },
      400: { description: 'Bad input.' },
      429: {
        description: 'The quota is used up, or the shop already has two exports running.',
        headers: { 'Retry-After': 'Seconds.' },
      },
    },
  },
  async ({ context, principal, query, checkStillAuthorized }) => {
    const { format, delimiter, bom, ...filters } = query;
    const style = toCsvStyle({ format, delimiter, bom });
    const request = { context, principal, checkStillAuthorized, filters, format, style };
    return fileResponse(await exportOrders(request), 'orders', format);
  },
);
