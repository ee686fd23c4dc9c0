/** The finished numbers among 0, 1, 2 …: all below `before`, and those in `beyond`. */
export interface DoneNumbers {
  readonly before: number;
  readonly beyond: readonly number[];
}

/** A set of finished numbers. It stays small because numbers finish roughly in order. */
export class DoneSet {
  #before: number;
  readonly #beyond: Set<number>;

  constructor({ before, beyond }: DoneNumbers = { before: 0, beyond: [] }) {
    this.#before = before;
    this.#beyond = new Set(beyond);
  }

  has(number: number): boolean {
    return number < this.#before || this.#beyond.has(number);
  }

  add(number: number): void {
    if (number < this.#before) return;
    this.#beyond.add(number);
    while (this.#beyond.delete(this.#before)) this.#before += 1;
  }

  get count(): number {
    return this.#before + this.#beyond.size;
  }

  /** How many finished numbers are larger than the smallest unfinished number. */
  get aheadCount(): number {
    return this.#beyond.size;
  }

  toJSON(): { before: number; beyond: number[] } {
    return { before: this.#before, beyond: [...this.#beyond] };
  }
}
