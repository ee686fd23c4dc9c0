import type { LedgerStep, StepObserver } from '../../shared/ledger/steps.ts';

/** How long a batch waited for its locks, and how long it took to write and commit, in ms. */
export interface BatchTimes {
  /** From the beginning of the batch until it had its locks. */
  readonly lockMs?: number;
  /** From its last decision until its transaction was committed. */
  readonly commitMs?: number;
}

/** Measures the steps of one batch. */
export class BatchSteps implements StepObserver {
  readonly #startedAt = performance.now();
  #decidingAt: number | undefined;
  #writingAt: number | undefined;
  #committedAt: number | undefined;

  begin(step: LedgerStep): void {
    if (step === 'decide') this.#decidingAt ??= performance.now();
    else if (step === 'write') this.#writingAt = performance.now();
    else if (step === 'unlock') this.#committedAt = performance.now();
  }

  /** The times of the batch; a time is absent if the batch did not get that far. */
  get times(): BatchTimes {
    const lockMs = this.#since(this.#startedAt, this.#decidingAt);
    const commitMs = this.#since(this.#writingAt, this.#committedAt);
    return {
      ...(lockMs !== undefined && { lockMs }),
      ...(commitMs !== undefined && { commitMs }),
    };
  }

  #since(from: number | undefined, to: number | undefined): number | undefined {
    return from === undefined || to === undefined ? undefined : Math.round(to - from);
  }
}
