import type { Candidate } from '../read/candidate.ts';
import type { CsvRow } from './csv-row.ts';
import { VARIANT_COLUMNS } from './variant-columns.ts';

const VARIANT_PATH = /^variants\.(\d+)(?:\.(.+))?$/s;

/** Tells the row and the column in which a dotted path of a product request stands. */
export function placeOfRows(rows: readonly Pick<CsvRow, 'line'>[]): Candidate['placeOf'] {
  const line = rows[0]?.line ?? 0;
  return (path) => {
    const [, index, field = ''] = VARIANT_PATH.exec(path) ?? [];
    if (index === undefined) return { line, path };
    return { line: rows[Number(index)]?.line ?? line, path: VARIANT_COLUMNS[field] ?? field };
  };
}
