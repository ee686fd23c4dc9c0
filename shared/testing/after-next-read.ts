import { vi } from 'vitest';
import type { Store } from '../store/store.ts';

/**
 * Runs `work` once: after the next `find` of this collection has read its documents and before its
 * caller gets them.
 */
export function afterNextRead(
  collection: Store['products'] | Store['stock'],
  work: () => Promise<unknown>,
): void {
  const find = collection.find.bind(collection);
  vi.spyOn(collection, 'find').mockImplementationOnce((...query: Parameters<typeof find>) => {
    const cursor = find(...query);
    const toArray = cursor.toArray.bind(cursor);
    cursor.toArray = async () => {
      const documents = await toArray();
      await work();
      return documents;
    };
    return cursor;
  });
}
