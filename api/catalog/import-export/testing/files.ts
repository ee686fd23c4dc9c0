import type { ApiAnswer } from '../../../../shared/testing/api-client.ts';
import type { TestShop } from '../../../testing/start-test-api.ts';
import type { ImportResult } from '../import-products.ts';

export const NDJSON = { 'content-type': 'application/x-ndjson' };
export const CSV = { 'content-type': 'text/csv' };

/** The response to an import: a result, or a problem. */
type ImportAnswer = ImportResult & { readonly code: string; readonly detail: string };

/** Sends a file of lines to be imported: objects become NDJSON, texts are sent as CSV. */
export function importLines(
  shop: TestShop,
  lines: readonly unknown[],
  query = '',
): Promise<ApiAnswer<ImportAnswer>> {
  const isCsv = typeof lines[0] === 'string';
  const text = lines.map((line) => (isCsv ? String(line) : JSON.stringify(line))).join('\n');
  const path = `/v1/products/import${query}`;
  return shop.post<ImportAnswer>(path, text, isCsv ? CSV : NDJSON);
}

/** Exports the shop's products and returns the text of the file. */
export async function exportedText(shop: TestShop, query = ''): Promise<string> {
  const answer = await shop.get<string>(`/v1/products/export${query}`);
  if (answer.status !== 200) throw new Error(`the export failed with status ${answer.status}`);
  return answer.body;
}

/** Returns a valid product request, for a line of NDJSON. */
export function productLine(sku: string, changes: Record<string, unknown> = {}) {
  const variants = [{ sku, price: 100, currency: 'GBP' }];
  return { title: `Thing ${sku}`, type: 'furniture', variants, ...changes };
}
