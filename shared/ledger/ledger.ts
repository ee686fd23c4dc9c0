import type { Locks } from '../locks/product-locks.ts';
import type { Clock } from '../runtime/clock.ts';
import type { OutboxRecord } from '../store/collections/outbox.ts';
import type { Store } from '../store/store.ts';

/**
 * What the ledger's verbs work with. The ledger is the only code that changes stock levels,
 * discount uses and order status; its verbs are the files beside this one.
 */
export interface LedgerContext {
  readonly store: Store;
  readonly locks: Locks;
  readonly clock: Clock;
  /** How long a placed order holds its units before it has to be confirmed. */
  readonly reservationTtlMs: number;
  /** Told of each commit's events, so that they can be relayed without waiting for a poll. */
  readonly onCommitted?: (entry: OutboxRecord) => void;
}

/** Most lines that one transaction may touch, so that it ends well within its lifetime. */
export const BATCH_LINES_MAX = 5_000;
