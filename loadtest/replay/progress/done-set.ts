/** Which of the numbers 0, 1, 2 … are done: all below `before`, and those of `beyond`. */
export interface DoneNumbers {
  readonly before: number;
  readonly beyond: readonly number[];
}

/** Grows roughly in order, so that it stays small however much is done. */
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

  /** How many are done of those that come after the first that is not. */
  get aheadCount(): number {
    return this.#beyond.size;
  }

  toJSON(): { before: number; beyond: number[] } {
    return { before: this.#before, beyond: [...this.#beyond] };
  }
}
