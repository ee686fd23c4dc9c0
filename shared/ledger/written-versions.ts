import { inOneBatch } from '../store/by-ids.ts';
import type { Session } from '../store/store.ts';
import type { Collection } from '../store/typed-collection.ts';

/**
 * Up to this many documents are each written on the condition that the version has not changed. The
 * server plans a statement that has conditions other than the id, and the plan costs three times
 * the write itself. More documents are therefore written by their ids and read back.
 */
export const CONDITIONS_MAX = 3;

/**
 * Returns whether each document, after the writes of the transaction so far, has the version that
 * was decided. The writes increment versions, so a document has the decided version only if it had
 * the expected version before.
 */
export async function haveVersions<
  Field extends string,
  T extends { readonly _id: string } & { readonly [K in Field]: number },
>(
  collection: Pick<Collection<T>, 'find'>,
  session: Session,
  field: Field,
  expected: ReadonlyMap<string, number>,
): Promise<boolean> {
  const filter = { _id: { $in: [...expected.keys()] } };
  const documents = await collection
    .find<Pick<T, '_id' | Field>>(filter as Parameters<typeof collection.find>[0], {
      ...inOneBatch({ length: expected.size }),
      session,
      projection: { [field]: 1 },
    })
    .toArray();
  const isAsExpected = (document: Pick<T, '_id' | Field>) =>
    expected.get(document._id) === document[field];
  return documents.length === expected.size && documents.every(isAsExpected);
}
