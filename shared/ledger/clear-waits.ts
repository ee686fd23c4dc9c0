import { commit } from './commit.ts';
import type { LedgerContext } from './ledger.ts';
import { findUnawaited } from './settling/read-waiting.ts';
import { readStock } from './stock-levels.ts';

const NO_UNITS = { onHand: 0, reserved: 0, sold: 0 };

/**
 * Notes on a stock level that no checkout waits for it any more, so that its batches need not look.
 * @returns false if some do, or it was noted already
 */
export async function clearWaits(
  context: LedgerContext,
  { variantId, productId }: { readonly variantId: string; readonly productId: string },
): Promise<boolean> {
  const { store, clock } = context;
  // Nearly always some do, which needs no lock to see.
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
