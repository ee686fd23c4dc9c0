import type { Store } from '../../shared/store/store.ts';
import type { CsvStyle } from '../catalog/import-export/csv/write-row.ts';
import { type FileRequest, streamFile } from '../catalog/import-export/stream-file.ts';
import type { Principal } from '../http/principal.ts';
import type { OrdersContext } from './context.ts';
import { readOrders } from './list-orders.ts';
import { OrderCsv } from './order-csv.ts';
import type { OrderFilters, OrderPlace } from './order-filters.ts';
import { presentOrder } from './present-order.ts';

const PAGE_ORDERS = 500;

interface ExportRequest extends Omit<FileRequest, 'shopId' | 'context'> {
  readonly principal: Principal;
  readonly context: Pick<OrdersContext, 'store' | 'fileSlots' | 'log'>;
  readonly filters: OrderFilters;
  readonly format: 'ndjson' | 'csv';
  readonly style: CsvStyle;
}

type ShownOrder = ReturnType<typeof presentOrder>;
type Pages = AsyncGenerator<readonly ShownOrder[]>;

/**
 * Streams the orders that match the filters as a file. Keeps at most one page of them in memory.
 * @throws RefusedError too_many_requests if the shop has too many exports
 * @throws QueueFullError if all shops together have too many exports
 */
export function exportOrders(request: ExportRequest): Promise<ReadableStream<Uint8Array>> {
  const { principal, context, filters, format, style, checkStillAuthorized } = request;
  const file = { shopId: principal.shopId, context, checkStillAuthorized };
  return streamFile(file, orderPages(context.store, principal, filters), async () =>
    format === 'csv' ? csvWith(new OrderCsv(style)) : ndjson,
  );
}

async function* orderPages(store: Store, principal: Principal, filters: OrderFilters): Pages {
  let after: OrderPlace | undefined;
  do {
    const page = { after, limit: PAGE_ORDERS };
    const { orders, next } = await readOrders(store, principal, filters, page);
    yield orders.map((order) => presentOrder(order, principal));
    after = next;
  } while (after !== undefined);
}

async function* ndjson(pages: Pages): AsyncGenerator<string> {
  for await (const page of pages) {
    yield page.map((order) => `${JSON.stringify(order)}\n`).join('');
  }
}

function csvWith(csv: OrderCsv) {
  return async function* rows(pages: Pages): AsyncGenerator<string> {
    yield csv.header();
    for await (const page of pages) yield page.map((order) => csv.order(order)).join('');
  };
}
