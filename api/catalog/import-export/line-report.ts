import type { LineFault, RefusedRows, RowLines } from './read/candidate.ts';

/** The maximum number of entries of `errors`. `failedLines` is always complete. */
export const FAULTS_SHOWN_MAX = 1_000;

interface LineRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Collects the first faults of a file, the number of all faults, and every line that is not stored.
 * Faults arrive out of order, because SKU conflicts are found at the end of a batch.
 */
export class LineReport {
  #firstFaults: LineFault[] = [];
  #productCount = 0;
  #faultCount = 0;
  readonly #rows: RowLines[] = [];

  /** Adds a refused product, or rows that belong to no product. */
  add({ faults, rows }: RefusedRows): void {
    this.#productCount += 1;
    const faultyLines = new Set(faults.map(({ line }) => line));
    const others = rows.filter(({ line }) => !faultyLines.has(line));
    const allFaults = [
      ...faults,
      ...others.map(({ line }) => toRefusedRowFault(rows[0]?.line ?? line, line)),
    ];
    this.#faultCount += allFaults.length;
    for (const row of rows) this.#rows.push(row);
    this.#firstFaults.push(...allFaults.slice(0, FAULTS_SHOWN_MAX));
    if (this.#firstFaults.length > 2 * FAULTS_SHOWN_MAX) this.#trim();
  }

  get isEmpty(): boolean {
    return this.#productCount === 0;
  }

  /** The report, with faults and lines in the order of the file. */
  get summary() {
    this.#trim();
    return {
      failed: this.#productCount,
      errorCount: this.#faultCount,
      errors: this.#firstFaults,
      failedLines: joinLines(this.#rows),
    };
  }

  #trim(): void {
    // Sorting is stable: faults of one line stay in order.
    this.#firstFaults = this.#firstFaults
      .sort((a, b) => a.line - b.line)
      .slice(0, FAULTS_SHOWN_MAX);
  }
}

function toRefusedRowFault(first: number, line: number): LineFault {
  const message = `This row is part of the product on line ${first}, which is not imported.`;
  return { line, path: '', code: 'product_refused', message };
}

/** Joins the lines of consecutive rows into ranges. */
function joinLines(rows: readonly RowLines[]): LineRange[] {
  const ranges: { from: number; to: number }[] = [];
  for (const { line, lastLine } of rows.toSorted((a, b) => a.line - b.line)) {
    const last = ranges.at(-1);
    if (last !== undefined && line <= last.to + 1) last.to = Math.max(last.to, lastLine);
    else ranges.push({ from: line, to: lastLine });
  }
  return ranges;
}
