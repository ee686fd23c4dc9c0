/** When this worker last did something, by its monotonic clock. */
export class Activity {
  #takenAt: number | undefined;
  #committedAt: number | undefined;

  /** A checkout was taken from the queue. */
  taken(): void {
    this.#takenAt = performance.now();
  }

  /** A batch was committed. */
  committed(): void {
    this.#committedAt = performance.now();
  }

  get takenAgoMs(): number | undefined {
    return this.#takenAt === undefined ? undefined : performance.now() - this.#takenAt;
  }

  get committedAgoMs(): number | undefined {
    return this.#committedAt === undefined ? undefined : performance.now() - this.#committedAt;
  }
}
