import { inOneBatch } from '../store/by-ids.ts';
import type { Session } from '../store/store.ts';
import type { Collection } from '../store/typed-collection.ts';

/**
 * Up to this many documents are each written on the condition that the version has not changed. The
 * server plans a statement that has conditions other than the id, and planning costs three times as
 * much as the write itself. More documents are therefore written by their ids alone, and their
 * versions are then read.
 */
export const CONDITIONS_MAX = 3;

/**
 * Returns whether each document, after the writes of the transaction so far, has the decided
 * version. The writes increment versions, so a document has the decided version only if it still
 * had the version that the decision was based on.
 * @param decided the decided version of each document, by its id
 */
export async function haveVersions<
  Field extends string,
  T extends { readonly _id: string } & { readonly [K in Field]: number },
>(
  collection: Pick<Collection<T>, 'find'>,
  session: Session,
  field: Field,
  decided: ReadonlyMap<string, number>,
): Promise<boolean> {
  const filter = { _id: { $in: [...decided.keys()] } };
  const documents = await collection
    .find<Pick<T, '_id' | Field>>(filter as Parameters<typeof collection.find>[0], {
      ...inOneBatch({ length: decided.size }),
      session,
      projection: { [field]: 1 },
    })
    .toArray();
  const isAsDecided = (document: Pick<T, '_id' | Field>) =>
    decided.get(document._id) === document[field];
  return documents.length === decided.size && documents.every(isAsDecided);
}
