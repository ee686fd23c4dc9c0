/** Counts the requests that this process has refused because of the load, by reason. */
export class ShedCounts {
  readonly #counts = new Map<string, number>();

  add(reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  /** The counts since the process started, by reason. */
  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
