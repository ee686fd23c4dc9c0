import type { LineFault, RowLines, Unreadable } from './read/candidate.ts';

/** Entries of `errors`; which lines were not stored is always reported in full. */
export const FAULTS_SHOWN_MAX = 1_000;

interface LineRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Collects what is wrong with a file: its first faults in full, how many there are, and every line
 * that is not stored. Faults are not found in the file's order: whether a SKU is taken is known at
 * the end of a batch.
 */
export class LineReport {
  #first: LineFault[] = [];
  #products = 0;
  #faults = 0;
  readonly #rows: RowLines[] = [];

  /** Adds a product that is refused, or rows that cannot be assigned to one. */
  add({ faults, rows }: Unreadable): void {
    this.#products += 1;
    const named = new Set(faults.map(({ line }) => line));
    const others = rows.filter(({ line }) => !named.has(line));
    const all = [...faults, ...others.map(({ line }) => refusedWith(rows[0]?.line ?? line, line))];
    this.#faults += all.length;
    for (const row of rows) this.#rows.push(row);
    this.#first.push(...all.slice(0, FAULTS_SHOWN_MAX));
    if (this.#first.length > 2 * FAULTS_SHOWN_MAX) this.#trim();
  }

  get isEmpty(): boolean {
    return this.#products === 0;
  }

  /** Faults and lines in the order of the file. */
  get summary() {
    this.#trim();
    return {
      failed: this.#products,
      errorCount: this.#faults,
      errors: this.#first,
      failedLines: rangesOf(this.#rows),
    };
  }

  #trim(): void {
    // Sorting keeps the order of those that are about one line.
    this.#first = this.#first
      .sort((one, other) => one.line - other.line)
      .slice(0, FAULTS_SHOWN_MAX);
  }
}

function refusedWith(first: number, line: number): LineFault {
  const message = `This row is part of the product on line ${first}, which is not imported.`;
  return { line, path: '', code: 'product_refused', message };
}

/** Joins lines that follow each other. */
function rangesOf(rows: readonly RowLines[]): LineRange[] {
  const ranges: { from: number; to: number }[] = [];
  for (const { line, lastLine } of rows.toSorted((one, other) => one.line - other.line)) {
    const last = ranges.at(-1);
    if (last !== undefined && line <= last.to + 1) last.to = Math.max(last.to, lastLine);
    else ranges.push({ from: line, to: lastLine });
  }
  return ranges;
}
