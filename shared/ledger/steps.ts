/**
 * The steps of a verb, in this order. A transaction that runs again repeats `decide`, `write` and
 * `commit`.
 */
export type LedgerStep = 'lock' | 'decide' | 'write' | 'commit' | 'unlock';

/** Observes the steps of one call of a verb. */
export interface StepObserver {
  /** Called when a step begins, which ends the previous step. */
  begin(step: LedgerStep): void;
  /** Called when the last step has ended, or has failed. */
  end?(): void;
  /** Trace contexts by subject; the outbox entry with events of a subject keeps its context. */
  readonly traceparents?: ReadonlyMap<string, string> | undefined;
}
