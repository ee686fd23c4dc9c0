import type { Store } from './store.ts';

/** How a migration reports progress and learns that it has to stop. */
export interface MigrationProgress {
  /** Aborted when the lease is lost. */
  readonly signal: AbortSignal;
  /**
   * Adds to the number of changed documents; call it after each batch. The count is stored.
   * @throws Error if the lease is lost; the migration must then stop
   */
  changed(documents: number): Promise<void>;
}

/**
 * One step of the database to a newer version. `run` must be able to continue where a killed
 * process stopped, and to run next to a process that has not noticed the loss of its lease. It
 * works in bounded batches, so that it hardly slows down requests.
 */
export interface Migration {
  /** `NNNN-name`, the name of its file. The id of a released migration never changes. */
  readonly id: string;
  /** A sentence for operators. */
  readonly description: string;
  /**
   * Ids of earlier migrations that it replaces. They may be among a database's finished migrations.
   */
  readonly replaces?: readonly string[];
  readonly run: (store: Store, progress: MigrationProgress) => Promise<void>;
}
