import { hash } from 'node:crypto';
import { PERSONAL_FIELDS } from '../../shared/domain/contact.ts';
import { ERASED_HASH_PREFIX } from '../../shared/store/collections/checkouts.ts';
import type { CheckoutBody } from './schemas.ts';

/** The hashes that distinguish a repeat of a request from another request with the same key. */
export interface RequestHashes {
  readonly requestHash: string;
  /** The hash of the request without its personal data; absent if there is no personal data. */
  readonly keptHash?: string;
}

/** Returns the hashes of a parsed request. The order of fields does not matter. */
export function hashRequest(request: CheckoutBody): RequestHashes {
  const requestHash = toHash(request);
  const isPersonal = PERSONAL_FIELDS.some((name) => request[name] !== undefined);
  if (!isPersonal) return { requestHash };
  const { shippingAddress, contact, note, ...kept } = request;
  return { requestHash, keptHash: toHash(kept) };
}

/**
 * Returns whether a checkout with this stored hash comes from a request with these hashes. An
 * erased checkout keeps only the hash without personal data, so only that hash is compared.
 */
export function isSameRequest(
  stored: string,
  { requestHash, keptHash = requestHash }: RequestHashes,
): boolean {
  return stored === requestHash || stored === ERASED_HASH_PREFIX + keptHash;
}

/**
 * Hashes a request. Parsing has put the fields in the order of the schema, but has kept the order
 * of the keys of metadata, so these are sorted here.
 */
function toHash({ metadata, ...request }: CheckoutBody): string {
  const entries = metadata && Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify(entries ? { ...request, metadata: entries } : request));
}
