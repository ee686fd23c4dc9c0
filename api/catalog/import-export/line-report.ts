import type { LineFault } from './read/candidate.ts';

export const FAULTS_SHOWN_MAX = 100;

/** What was wrong with a file: the first faults in full, and how many there were. */
export class LineReport {
  readonly #shown: LineFault[] = [];
  #products = 0;
  #faults = 0;

  /** Adds all that is wrong with one product, or with a row that cannot be told to be one's. */
  add(faults: readonly LineFault[]): void {
    this.#products += 1;
    this.#faults += faults.length;
    this.#shown.push(...faults.slice(0, FAULTS_SHOWN_MAX - this.#shown.length));
  }

  get isEmpty(): boolean {
    return this.#products === 0;
  }

  /** Faults in the order of the file. */
  get summary() {
    const errors = this.#shown.toSorted((first, second) => first.line - second.line);
    return { failed: this.#products, errorCount: this.#faults, errors };
  }
}
