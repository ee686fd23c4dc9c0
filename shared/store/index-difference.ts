import { isDeepStrictEqual } from 'node:util';

type Fields = Readonly<Record<string, unknown>>;

/** An index as the database tells it, or as a schema names it. */
interface IndexTerms {
  readonly key: Fields;
  readonly options: Fields;
}

/**
 * Whether an index does what the code relies on: its fields in their order, what it refuses, what
 * it leaves out, and when it removes documents. A text index is told by other fields than it was
 * made of; of these only the name can be compared.
 */
export function isSameIndex(wanted: IndexTerms, present: IndexTerms): boolean {
  const isText = Object.values(wanted.key).includes('text');
  return (
    (isText || isDeepStrictEqual(Object.entries(wanted.key), Object.entries(present.key))) &&
    isDeepStrictEqual(promisesOf(wanted.options), promisesOf(present.options))
  );
}

function promisesOf({ unique, partialFilterExpression, expireAfterSeconds }: Fields): Fields {
  return { isUnique: unique === true, partialFilterExpression, expireAfterSeconds };
}
