import { finishImport } from '../../shared/imports/finish-import.ts';
import { takeAbandoned } from '../../shared/imports/import-lease.ts';
import type { Store } from '../../shared/store/store.ts';

export const CLEAN_IMPORTS_EVERY_MS = 5_000;
const IMPORTS_MAX = 100;

/**
 * Finishes up to `IMPORTS_MAX` imports whose lease has ended: completes committed imports and
 * undoes the others.
 * @returns the number of finished imports
 */
export async function cleanImports(store: Store, signal: AbortSignal): Promise<number> {
  let finished = 0;
  while (finished < IMPORTS_MAX && !signal.aborted) {
    const held = await takeAbandoned(store);
    if (held === undefined) break;
    await finishImport(store, held);
    finished += 1;
  }
  return finished;
}
