import type { LineFault } from './read/candidate.ts';

export const FAULTS_SHOWN_MAX = 100;

/**
 * What was wrong with a file: its first faults in full, and how many there were. What is found is
 * not found in the file's order: whether a SKU is taken shows at the end of a batch.
 */
export class LineReport {
  #first: LineFault[] = [];
  #products = 0;
  #faults = 0;

  /** Adds all that is wrong with one product, or with a row that cannot be told to be one's. */
  add(faults: readonly LineFault[]): void {
    this.#products += 1;
    this.#faults += faults.length;
    // Sorting keeps the order of those that stand in one line.
    this.#first = [...this.#first, ...faults].sort(byLine).slice(0, FAULTS_SHOWN_MAX);
  }

  get isEmpty(): boolean {
    return this.#products === 0;
  }

  /** Faults in the order of the file. */
  get summary() {
    return { failed: this.#products, errorCount: this.#faults, errors: this.#first };
  }
}

function byLine(one: LineFault, other: LineFault): number {
  return one.line - other.line;
}
