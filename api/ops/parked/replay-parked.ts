import { RefusedError } from '../../../shared/domain/errors.ts';
import type { AuditedCaller } from '../../audit/record-audit.ts';
import { replayCheckout } from '../checkouts/replay-checkout.ts';
import type { OpsContext } from '../context.ts';
import { findParked, type ParkedFilter } from './find-parked.ts';

/** The result of replaying parked checkouts. */
export interface ReplayedParked {
  readonly replayed: readonly string[];
  /** Checkouts that could not be replayed, for example because their cart has been changed. */
  readonly refused: readonly { readonly id: string; readonly code: string }[];
  /** Checkouts that were received before this time have not been searched. */
  readonly searchedFrom: Date;
}

/** Queues again the newest parked checkouts that match, one by one, each with an audit entry. */
export async function replayParked(
  caller: AuditedCaller<OpsContext>,
  filter: ParkedFilter,
): Promise<ReplayedParked> {
  const { items, searchedFrom } = await findParked(caller.context.store, filter);
  const replayed: string[] = [];
  const refused: { id: string; code: string }[] = [];
  for (const { _id: id } of items) {
    try {
      await replayCheckout(caller, id);
      replayed.push(id);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refused.push({ id, code: error.code });
    }
  }
  return { replayed, refused, searchedFrom };
}
