import type { FreedUnits } from '../domain/vocabulary.ts';
import type { Locks } from '../locks/product-locks.ts';
import type { Clock } from '../runtime/clock.ts';
import type { OutboxRecord } from '../store/collections/outbox.ts';
import type { Store } from '../store/store.ts';
import type { StepObserver } from './steps.ts';

/**
 * The dependencies of the ledger's verbs, such as settling checkouts or adjusting stock. The ledger
 * is the only code that changes stock levels, discount uses and order statuses. Each other file
 * directly in this folder is one of its verbs or a step of a verb.
 */
export interface LedgerContext {
  readonly store: Store;
  readonly locks: Locks;
  readonly clock: Clock;
  /** How long a placed order holds its units until it must be confirmed. */
  readonly reservationTtlMs: number;
  /** Receives the events of each commit, to relay them before the next poll. */
  readonly onCommitted?: (entry: OutboxRecord) => void;
  /** Receives, after each commit, the variants with freed units for which checkouts wait. */
  readonly onFreed?: (freed: readonly FreedUnits[]) => void;
  /** Receives how long units were free before waiting checkouts got them, in ms. */
  readonly onServed?: (freeMs: readonly number[]) => void;
  /** Receives each checkout that was parked, with the reason, whichever verb parked it. */
  readonly onParked?: (checkoutId: string, reason: string) => void;
  /** Observes the steps of one call. Each observed call has its own context. */
  readonly steps?: StepObserver;
}

/** The maximum number of lines in one transaction, so that it ends well within its time limit. */
export const BATCH_LINES_MAX = 5_000;
