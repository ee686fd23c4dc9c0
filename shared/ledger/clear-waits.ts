import { commit } from './commit.ts';
import type { LedgerContext } from './ledger.ts';
import { findUnawaited } from './settling/find-unawaited.ts';
import { readStock } from './stock-levels.ts';

const NO_UNITS = { onHand: 0, reserved: 0, sold: 0 };

/**
 * Removes the mark `waits` from a stock level if no checkout waits for it, so that batches of its
 * variant need not look for waiting checkouts.
 * @returns false if a checkout waits, or if there is no such level or it has no mark
 */
export async function clearWaits(
  context: LedgerContext,
  { variantId, productId }: { readonly variantId: string; readonly productId: string },
): Promise<boolean> {
  const { store, clock } = context;
  // Usually a checkout still waits, and this read shows it without a lock.
  if (!(await findUnawaited(store, undefined, [variantId], [])).has(variantId)) return false;
  return commit(context, [productId], async (session) => {
    const [level] = await readStock(store, session, [variantId]);
    if (level?.waits === undefined) return { result: false };
    const unawaited = await findUnawaited(store, session, [variantId], []);
    if (!unawaited.has(variantId)) return { result: false };
    const { version } = level;
    const unchanged = { variantId, fromVersion: version, toVersion: version, delta: NO_UNITS };
    const stock = [{ ...unchanged, waits: { mark: 'none' } as const }];
    return { result: true, changes: { at: clock.now(), stock } };
  });
}
