/** What to do about rows that cannot be used: end before anything is played, or leave them out. */
export type OnError = 'stop' | 'skip';

/** Broken rows that are shown in full; the others are only counted. */
const SHOWN_MAX = 20;

/** Counts rows that cannot be used, and says of the first ones where they are and what is wrong. */
export class BrokenRows {
  count = 0;
  readonly #log: (text: string) => void;

  constructor(log: (text: string) => void) {
    this.#log = log;
  }

  report(file: string, line: number, why: string): void {
    this.count += 1;
    if (this.count <= SHOWN_MAX) this.#log(`broken row: ${file} line ${line}: ${why}`);
    if (this.count === SHOWN_MAX + 1) this.#log('more broken rows, which are only counted');
  }
}
