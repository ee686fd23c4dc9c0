import type { Store } from './store.ts';

/** What a migration tells while it works, and is told. */
export interface MigrationProgress {
  /** Aborted when another process has taken the work over, or nobody wants it any more. */
  readonly signal: AbortSignal;
  /**
   * Adds to the documents that were changed, after each batch; the count outlives the process.
   * @throws Error when the work is another process's now; nothing more may then be changed
   */
  changed(documents: number): Promise<void>;
}

/**
 * One step of the database from one version to the next. `run` may find its work half done, by a
 * process that was killed or by one that still believes the work to be its own: it goes on from
 * there. It works in bounded batches, so that those who serve meanwhile hardly notice it.
 */
export interface Migration {
  /** `NNNN-name`, the name of its file; released ones are never renamed or renumbered. */
  readonly id: string;
  /** What it does, in a sentence for operators. */
  readonly description: string;
  readonly run: (store: Store, progress: MigrationProgress) => Promise<void>;
}
