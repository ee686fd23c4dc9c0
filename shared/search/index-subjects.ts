import { replaceOlder } from '../store/replace-older.ts';
import type { Store } from '../store/store.ts';
import { readSubjects } from './read-subjects.ts';
import type { SearchEntry } from './search-entries.ts';

/**
 * Indexes orders and checkouts as they are now, and the orders of placed checkouts with them.
 * Entries of subjects that no longer exist are removed.
 * @param requestId a time-ordered id that was created before this call; of two entries with the
 *   same version, the one with the later id is kept
 * @returns the number of subjects that exist, including those whose entry was newer already
 */
export async function indexSubjects(
  store: Store,
  subjectIds: readonly string[],
  requestId: string,
): Promise<number> {
  const { subjects, missing } = await readSubjects(store, subjectIds, {});
  await writeEntries(
    store,
    subjects.map(({ entry }) => entry),
    requestId,
  );
  if (missing.length > 0) await store.search.deleteMany({ _id: { $in: [...missing] } });
  return subjects.length;
}

/** Writes entries, except where the index already has a newer entry of the same subject. */
export async function writeEntries(
  { search }: Store,
  entries: readonly SearchEntry[],
  requestId: string,
): Promise<void> {
  const replacements = entries.map((entry) => {
    const { version } = entry;
    const older = {
      $or: [{ version: { $lt: version } }, { version, requestId: { $lte: requestId } }],
    };
    return { document: { ...entry, requestId }, older };
  });
  await replaceOlder(search, replacements);
}
