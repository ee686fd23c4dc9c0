import { drawClosed, type EnterableDraw } from '../../shared/domain/draws.ts';
import { type RefusedError, refuseField } from '../../shared/domain/errors.ts';
import {
  type EntryDraft,
  type EntryResult,
  storeEntries,
} from '../../shared/ledger/draws/store-entries.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { CheckoutDraft, CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Store } from '../../shared/store/store.ts';

const ENTRIES_MAX = 500;
const ENTRIES_WAITING_MAX = 20_000;
/**
 * The maximum number of groups stored at a time. Each group counts its entries at a random gate of
 * the draw, so that few groups conflict.
 */
const GROUPS_MAX = 2;
const LINGER_MS = 3;
/** Storing begins within this time or not at all, as for other checkouts. */
const WAIT_MS_MAX = 2_000;
const ACCEPT_TIMEOUT_MS = WAIT_MS_MAX + 5_000;

/** Stores entries of draws in groups. */
export type EntryIntake = Pick<GroupCommit<EntryDraft, EntryResult>, 'submit' | 'has'>;

/** Creates an intake of entries; it calls `onStored` for each entry that it stores. */
export function createEntryIntake(store: Store, onStored: () => void): EntryIntake {
  return new GroupCommit<EntryDraft, EntryResult>({
    name: 'entries to store',
    itemsMax: ENTRIES_MAX,
    queueMax: ENTRIES_WAITING_MAX,
    parallelMax: GROUPS_MAX,
    lingerMs: LINGER_MS,
    waitMsMax: WAIT_MS_MAX,
    commit: async (group) => {
      const results = await storeEntries(store, group);
      for (const result of results) if ('value' in result && result.value === 'stored') onStored();
      return results;
    },
  });
}

/**
 * Stores a checkout that enters a draw, if the draw is still open.
 * @returns the stored checkout, `duplicate` if its Idempotency-Key is taken, or the refusal
 */
export async function storeEntry(
  { entries }: { readonly entries: EntryIntake },
  checkout: CheckoutDraft,
  draw: EnterableDraw,
): Promise<CheckoutRecord | RefusedError | 'duplicate'> {
  const { id: drawId } = draw;
  const submitted = entries.submit({ ...checkout, drawId });
  const result = await withDeadline('storing an entry', ACCEPT_TIMEOUT_MS, submitted);
  switch (result) {
    case 'stored':
      return checkout;
    case 'duplicate':
      return result;
    case 'closed':
      return drawClosed(draw);
    case 'full': {
      const message = 'The draw has reached its maximum number of entries.';
      return refuseField('draw_full', 'drawId', message, { drawId });
    }
    default: {
      const checkoutId = result.enteredBy;
      const message = `The buyer has already entered this draw, with the checkout ${checkoutId}.`;
      return refuseField('already_entered', 'drawId', message, { drawId, checkoutId });
    }
  }
}
