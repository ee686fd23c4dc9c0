/** What to do about broken rows: stop before anything is replayed or judged, or skip them. */
export type OnError = 'stop' | 'skip';

/** The number of broken rows that are logged. Further rows are only counted. */
const SHOWN_MAX = 20;

/** Counts broken rows and logs the line and the fault of the first 20. */
export class BrokenRows {
  count = 0;
  readonly #log: (text: string) => void;

  constructor(log: (text: string) => void) {
    this.#log = log;
  }

  report(file: string, line: number, fault: string): void {
    this.count += 1;
    if (this.count <= SHOWN_MAX) this.#log(`broken row: ${file} line ${line}: ${fault}`);
    if (this.count === SHOWN_MAX + 1) this.#log('further broken rows are counted but not shown');
  }
}
