import { splitOnError } from '../../shared/ledger/commit.ts';
import { BATCH_LINES_MAX, type LedgerContext } from '../../shared/ledger/ledger.ts';
import { type SettledCheckout, settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';

/** Under light load a batch waits this long for company, which spares the machine transactions. */
const BATCH_LINGER_MS = 5;

/** A checkout whose job is running; `lines` is its weight in a batch. */
export interface Settling {
  readonly checkoutId: string;
  readonly lines: number;
}

/** A settled checkout and how many shared its batch. */
export type SettledInBatch = SettledCheckout & { readonly batch: number };

/** Told of each batch: how many it was, how long it took, and whether it was committed. */
export type BatchObserver = (checkouts: number, durationMs: number, isCommitted: boolean) => void;

/** Settles together whatever waits: the busier it is, the larger the batches. */
export function createBatcher(
  ledger: LedgerContext,
  batchMax: number,
  waitingMax: number,
  onBatch: BatchObserver = () => undefined,
): GroupCommit<Settling, SettledInBatch> {
  return new GroupCommit({
    name: 'settlements',
    lingerMs: BATCH_LINGER_MS,
    itemsMax: batchMax,
    weigh: (settling) => settling.lines,
    weightMax: BATCH_LINES_MAX,
    queueMax: waitingMax,
    commit: (group) =>
      splitOnError(group, async (batch) => {
        const ids = batch.map(({ checkoutId }) => checkoutId);
        const startedAt = performance.now();
        const told = (isCommitted: boolean) =>
          onBatch(batch.length, performance.now() - startedAt, isCommitted);
        try {
          const settled = await settleCheckouts(ledger, ids);
          told(true);
          return settled.map((each) => ({ ...each, batch: batch.length }));
        } catch (error) {
          told(false);
          throw error;
        }
      }),
  });
}
