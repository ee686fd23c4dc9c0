import type { LineFault, RowLines, Unreadable } from './read/candidate.ts';

/** Maximum entries of `errors`. The lines that were not stored are always complete. */
export const FAULTS_SHOWN_MAX = 1_000;

interface LineRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Collects the faults of a file: the first of them, their number, and every line that is not stored.
 * Faults arrive out of order, because SKU conflicts are found at the end of a batch.
 */
export class LineReport {
  #first: LineFault[] = [];
  #products = 0;
  #faults = 0;
  readonly #rows: RowLines[] = [];

  /** Adds a refused product, or rows that belong to none. */
  add({ faults, rows }: Unreadable): void {
    this.#products += 1;
    const named = new Set(faults.map(({ line }) => line));
    const others = rows.filter(({ line }) => !named.has(line));
    const all = [
      ...faults,
      ...others.map(({ line }) => toPartOfRefused(rows[0]?.line ?? line, line)),
    ];
    this.#faults += all.length;
    for (const row of rows) this.#rows.push(row);
    this.#first.push(...all.slice(0, FAULTS_SHOWN_MAX));
    if (this.#first.length > 2 * FAULTS_SHOWN_MAX) this.#trim();
  }

  get isEmpty(): boolean {
    return this.#products === 0;
  }

  /** The report, with faults and lines in the order of the file. */
  get summary() {
    this.#trim();
    return {
      failed: this.#products,
      errorCount: this.#faults,
      errors: this.#first,
      failedLines: joinLines(this.#rows),
    };
  }

  #trim(): void {
    // Sorting is stable: faults of one line stay in order.
    this.#first = this.#first
      .sort((one, other) => one.line - other.line)
      .slice(0, FAULTS_SHOWN_MAX);
  }
}

function toPartOfRefused(first: number, line: number): LineFault {
  const message = `This row is part of the product on line ${first}, which is not imported.`;
  return { line, path: '', code: 'product_refused', message };
}

/** Joins consecutive lines to ranges. */
function joinLines(rows: readonly RowLines[]): LineRange[] {
  const ranges: { from: number; to: number }[] = [];
  for (const { line, lastLine } of rows.toSorted((one, other) => one.line - other.line)) {
    const last = ranges.at(-1);
    if (last !== undefined && line <= last.to + 1) last.to = Math.max(last.to, lastLine);
    else ranges.push({ from: line, to: lastLine });
  }
  return ranges;
}
