import { refuseField } from './errors.ts';

/** The maximum number of metadata keys of one record. */
export const METADATA_KEYS_MAX = 50;

/**
 * Texts that a shop stores with its own products, orders and discounts. No rule depends on them.
 */
export type Metadata = Readonly<Record<string, string>>;

/** Changes by key; `null` removes the key. */
export type MetadataChanges = Readonly<Record<string, string | null>>;

/** The `metadata` member of a record; absent if there are no keys. */
interface WithMetadata {
  readonly metadata?: Metadata;
}

/**
 * Applies changes to metadata. Keys that are not named stay, and `null` removes a key.
 * @param path the path of the changes in the request
 * @returns the `metadata` member of the record; an empty object if no key is left
 * @throws RefusedError invalid_request if there would be too many keys
 */
export function mergeMetadata(
  current: Metadata | undefined,
  changes: MetadataChanges | undefined,
  path = 'metadata',
): WithMetadata {
  const merged = { ...current, ...changes };
  const kept = Object.entries(merged).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  if (kept.length > METADATA_KEYS_MAX) {
    const message = `At most ${METADATA_KEYS_MAX} keys; after this change there would be ${kept.length}.`;
    throw refuseField('invalid_request', path, message);
  }
  return kept.length === 0 ? {} : { metadata: Object.fromEntries(kept) };
}
