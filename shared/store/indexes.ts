import { isDeepStrictEqual } from 'node:util';
import { IMAGES, keepsImages } from './change-images.ts';
import { stockValidator } from './collections/stock.ts';
import type { Store } from './store.ts';

const NAMESPACE_NOT_FOUND = 26;

type Fields = Readonly<Record<string, unknown>>;

/** An index as a schema defines it or the database reports it. */
interface IndexTerms {
  readonly key: Fields;
  readonly options: Fields;
}

/** Creates every collection with the indexes of its schema, and the validator of stock. */
export async function createCollections(store: Store): Promise<void> {
  for (const model of Object.values(store.connection.models)) {
    const { name } = model.collection;
    const isStock = name === store.stock.collectionName;
    const images = keepsImages(store, name) ? { changeStreamPreAndPostImages: IMAGES } : {};
    await model.createCollection(isStock ? { validator: stockValidator } : images);
    await model.createIndexes();
  }
  await setStockValidator(store);
}

/** Sets the validator only if it differs, because the change needs a role of its own. */
async function setStockValidator({ connection: { db } }: Store): Promise<void> {
  const [present] = (await db?.listCollections({ name: 'stock' }).toArray()) ?? [];
  const options = present !== undefined && 'options' in present ? present.options : undefined;
  if (isDeepStrictEqual(options?.['validator'], stockValidator)) return;
  await db?.command({ collMod: 'stock', validator: stockValidator });
}

/**
 * Checks that the database has the indexes of the schemas.
 * @throws Error that names the missing indexes, or the indexes that are defined differently
 */
export async function checkIndexes(store: Store): Promise<void> {
  const missing: string[] = [];
  const different: string[] = [];
  for (const model of Object.values(store.connection.models)) {
    const present = await model.listIndexes().catch(emptyWithoutCollection);
    const byName = new Map(present.map((index) => [String(index['name']), index]));
    for (const [key, options] of model.schema.indexes()) {
      const index = byName.get(String(options?.name));
      const label = `${model.collection.name}.${options?.name}`;
      if (index === undefined) missing.push(label);
      else if (!isSameIndex({ key, options }, { key: index['key'], options: index })) {
        different.push(label);
      }
    }
  }
  if (different.length > 0) {
    throw new Error(`the database defines these indexes differently: ${different.join(', ')}`);
  }
  if (missing.length > 0) throw new Error(`the database lacks indexes: ${missing.join(', ')}`);
}

function emptyWithoutCollection(error: unknown): [] {
  if ((error as { code?: unknown }).code === NAMESPACE_NOT_FOUND) return [];
  throw error;
}

/**
 * Returns whether two indexes have the same fields in the same order, uniqueness, partial filter
 * and expiry. The database reports a text index with other fields; only its options are compared.
 */
function isSameIndex(expected: IndexTerms, present: IndexTerms): boolean {
  const isText = Object.values(expected.key).includes('text');
  return (
    (isText || isDeepStrictEqual(Object.entries(expected.key), Object.entries(present.key))) &&
    isDeepStrictEqual(toComparable(expected.options), toComparable(present.options))
  );
}

function toComparable({ unique, partialFilterExpression, expireAfterSeconds }: Fields): Fields {
  return { isUnique: unique === true, partialFilterExpression, expireAfterSeconds };
}
