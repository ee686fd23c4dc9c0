/** Whether this process is about to end. One for each process; it never goes back. */
export class DrainState {
  #isDraining = false;

  /** True once the process was asked to end. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** From now on `/readyz` answers 503 and every answer closes its connection. */
  begin(): void {
    this.#isDraining = true;
  }
}
