import { hash, randomFillSync } from 'node:crypto';
import { decodeTime, monotonicFactory } from 'ulid';
import { trackingReferenceFrom } from '../domain/tracking-reference.ts';

/** The prefix of an id names the kind of thing. */
export type IdPrefix =
  | 'shp'
  | 'key'
  | 'ses'
  | 'prd'
  | 'var'
  | 'chk'
  | 'ord'
  | 'mov'
  | 'imp'
  | 'evt'
  | 'dsc'
  | 'drw'
  | 'crt'
  | 'whk'
  | 'sft'
  | 'aud'
  | 'pcl'
  | 'prc'
  | 'srq';

const RANDOM_BYTES = 4_096;
const RANDOM_RANGE = 2 ** 32;

/** Returns a source of cryptographic randomness. It reads in chunks to save system calls. */
function pooledRandom(): () => number {
  const pool = new Uint32Array(RANDOM_BYTES / Uint32Array.BYTES_PER_ELEMENT);
  let next = pool.length;
  return () => {
    if (next === pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    const drawn = pool[next] ?? 0;
    next += 1;
    return drawn / RANDOM_RANGE;
  };
}

const nextUlid = monotonicFactory(pooledRandom());

/**
 * Creates an id: prefix and ULID (https://github.com/ulid/spec). Ids of one process sort by
 * creation, so index inserts stay at the right edge and lists can use ids as cursors.
 */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${nextUlid()}`;
}

/** Returns the lowest id that can be created at `at` or later; no id is older than 1970. */
export function lowestIdAt(prefix: IdPrefix, at: Date): string {
  return `${prefix}_${encodeTime(Math.max(0, at.getTime()))}${'0'.repeat(16)}`;
}

/** Returns when an id was created, in milliseconds since the epoch. */
export function readIdTime(id: string): number {
  return decodeTime(id.slice(id.indexOf('_') + 1));
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function encodeTime(epochMs: number): string {
  let remaining = epochMs;
  let text = '';
  for (let digit = 0; digit < 10; digit += 1) {
    text = `${CROCKFORD[remaining % 32]}${text}`;
    remaining = Math.floor(remaining / 32);
  }
  return text;
}

const HASHED_SYMBOLS = 26;

/** Derives an id from `text`: 130 bits of its SHA-256, in the same alphabet as other ids. */
export function idFrom(prefix: IdPrefix, text: string): string {
  const digest = hash('sha256', text, 'buffer');
  const symbols = Array.from(
    { length: HASHED_SYMBOLS },
    (_, at) => CROCKFORD[(digest[at] ?? 0) % 32],
  );
  return `${prefix}_${symbols.join('')}`;
}

/** Returns whether this is the id of a checkout, and not of an order or a stock level. */
export function isCheckoutId(id: string): boolean {
  return id.startsWith('chk_');
}

/** Derives the id of the order that `checkoutId` places with `shopId`. */
export function toOrderId(checkoutId: string, shopId: string): string {
  return `ord_${checkoutId.slice('chk_'.length)}${shopId.slice('shp_'.length)}`;
}

/**
 * Derives an order's own tracking reference, e.g. `LU-7K3MD-00QXA-ZT5RW-9B1CE`, which applies until
 * the carrier's reference replaces it. It need not be stored: it is 100 bits of a SHA-256 of the
 * id. The probability that any two of 10¹² orders have the same reference is below one in a
 * million.
 */
export function toTrackingReference(orderId: string): string {
  return trackingReferenceFrom(hash('sha256', `tracking ${orderId}`, 'buffer'));
}

/**
 * Returns a filter for the ids of a checkout's orders, so that the primary index serves the query.
 * Filter by `checkoutId` as well: an id from a request may be only the beginning of other
 * checkouts' ids.
 */
export function orderIdRange(checkoutId: string): { readonly $gte: string; readonly $lt: string } {
  const first = `ord_${checkoutId.slice('chk_'.length)}`;
  return { $gte: first, $lt: `${first}~` };
}
