import { FileFault, type LineFault } from '../read/candidate.ts';
import { VARIANT_COLUMNS } from './variant-columns.ts';

/** The columns of the first row, in its order. */
export type CsvColumns = readonly string[];

/** Those that every file must have. */
export const REQUIRED_COLUMNS = ['title', 'type', 'sku', 'price', 'currency'] as const;
/** The column that tells whose rows make one product, and those that are about the product. */
export const PRODUCT_COLUMNS = ['product', 'title', 'description', 'type'] as const;
const KNOWN = new Set<string>([...PRODUCT_COLUMNS, ...Object.values(VARIANT_COLUMNS)]);
const NAMED = /^(?:options|attributes)\.\S/;
export const COLUMNS_MAX = 500;
const NAME_LENGTH_MAX = 100;

/** @throws FileFault naming each column that is unknown, twice there or not there */
export function columnsOf(line: number, cells: readonly string[]): CsvColumns {
  const names = cells.map((cell) => cell.trim());
  const faults: LineFault[] = [];
  const fault = (path: string, message: string) => {
    faults.push({ line, path: path.slice(0, NAME_LENGTH_MAX), code: 'invalid_header', message });
  };
  if (names.length > COLUMNS_MAX) {
    fault('', `A file may have ${COLUMNS_MAX} columns at most.`);
    throw new FileFault(...faults);
  }
  names.forEach((name, place) => {
    if (names.indexOf(name) < place) fault(name, 'The column is there twice.');
    else if (!KNOWN.has(name) && !NAMED.test(name)) fault(name, 'There is no such column.');
  });
  for (const name of REQUIRED_COLUMNS) {
    if (!names.includes(name)) fault(name, 'The column is missing.');
  }
  if (faults.length > 0) throw new FileFault(...faults);
  return names;
}
