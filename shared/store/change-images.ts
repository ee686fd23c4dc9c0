import type { Store } from './store.ts';

/**
 * The value of `changeStreamPreAndPostImages`, with which the change stream contains a collection's
 * documents before and after a change.
 */
export const IMAGES = { enabled: true } as const;

/**
 * Returns whether the change stream shows the documents of a collection as they were before and
 * after a change. Orders change a few times each and movements never, so this costs little.
 */
export function keepsImages({ orders, movements }: Store, name: string): boolean {
  return name === orders.collectionName || name === movements.collectionName;
}

/** Enables images where they are not enabled yet; only that needs the role for `collMod`. */
export async function keepImages(store: Store): Promise<void> {
  const { db } = store.connection;
  const collections = (await db?.listCollections().toArray()) ?? [];
  for (const collection of collections) {
    if (!keepsImages(store, collection.name)) continue;
    const options = 'options' in collection ? collection.options : undefined;
    const present = options?.['changeStreamPreAndPostImages'] as { enabled?: boolean } | undefined;
    if (present?.enabled === true) continue;
    await db?.command({ collMod: collection.name, changeStreamPreAndPostImages: IMAGES });
  }
}
