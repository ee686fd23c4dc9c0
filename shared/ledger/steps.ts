/**
 * The steps of a verb, in this order. A transaction that runs again repeats `decide`, `write` and
 * `commit`.
 */
export type LedgerStep = 'lock' | 'decide' | 'write' | 'commit' | 'unlock';

/** Receives when the steps of one call of a verb begin. */
export interface StepObserver {
  /** Called when a step begins, which ends the previous step. */
  begin(step: LedgerStep): void;
  /** Called when the last step has ended, or has failed. */
  end?(): void;
  /** The trace contexts that go into the outbox with the events of these subjects. */
  readonly traceparents?: ReadonlyMap<string, string> | undefined;
}
