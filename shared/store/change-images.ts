import type { Store } from './store.ts';

/**
 * The option of a collection with which the change stream has its documents before and after a
 * change.
 */
export const IMAGES = { enabled: true } as const;

/**
 * Returns whether the change stream shows the documents of a collection as they were before and
 * after a change. Orders change a few times each and movements never, so this costs little.
 */
export function keepsImages({ orders, movements }: Store, name: string): boolean {
  return name === orders.collectionName || name === movements.collectionName;
}

/** Sets the option where it is not set, because the change needs a role of its own. */
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
