import { afterAll } from 'vitest';
import { migrate } from '../store/migrate.ts';
import { openStore, type Store } from '../store/store.ts';
import type { TestNamespace } from './harness.ts';

/**
 * Opens the namespace's database with all collections and indexes. Closes the store after the
 * file's tests.
 */
export async function openTestStore(namespace: TestNamespace): Promise<Store> {
  const store = await openStore(namespace.mongodbUrl);
  await migrate(store);
  afterAll(() => store.close());
  return store;
}

/** Empties every collection and keeps the indexes and validators. */
export async function clearStore(store: Store): Promise<void> {
  for (const model of Object.values(store.connection.models)) await model.collection.deleteMany({});
}
