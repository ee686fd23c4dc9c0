import type { Invoice } from './csv/invoices.ts';

/** The total demand of a replay, computed before it starts. */
export interface Survey {
  readonly invoices: number;
  /** The file rows of these invoices. */
  readonly rows: number;
  /** Units by SKU. */
  readonly demand: ReadonlyMap<string, number>;
  /** Times from `parseLocalTime`; undefined if there are no invoices. */
  readonly firstAt?: number;
  readonly lastAt?: number;
}

/** Reads all invoices and adds up their demand. */
export async function surveyInvoices(invoices: AsyncIterable<Invoice>): Promise<Survey> {
  const demand = new Map<string, number>();
  const times: { firstAt?: number; lastAt?: number } = {};
  let count = 0;
  let rows = 0;
  for await (const invoice of invoices) {
    count += 1;
    rows += invoice.rows;
    times.firstAt = Math.min(invoice.at, times.firstAt ?? invoice.at);
    times.lastAt = Math.max(invoice.at, times.lastAt ?? invoice.at);
    for (const [sku, units] of invoice.units) demand.set(sku, (demand.get(sku) ?? 0) + units);
  }
  return { invoices: count, rows, demand, ...times };
}
