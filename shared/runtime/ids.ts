import { hash, randomFillSync } from 'node:crypto';
import { monotonicFactory } from 'ulid';

/** The prefix tells what an id is of. */
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
  | 'crt'
  | 'whk'
  | 'sft'
  | 'aud'
  | 'prc';

const RANDOM_BYTES = 4_096;
const RANDOM_RANGE = 2 ** 32;

/** Cryptographic randomness, drawn from the system in large portions: a draw is a system call. */
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
 * A new id: prefix and ULID (https://github.com/ulid/spec). Ids of one process sort by creation,
 * which keeps index inserts at the right edge and gives lists a cursor that survives inserts.
 */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${nextUlid()}`;
}

/** The lowest id that a thing created at `at` or later can have. */
export function lowestIdAt(prefix: IdPrefix, at: Date): string {
  return `${prefix}_${encodeTime(at.getTime())}${'0'.repeat(16)}`;
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function encodeTime(epochMs: number): string {
  let rest = epochMs;
  let text = '';
  for (let digit = 0; digit < 10; digit += 1) {
    text = `${CROCKFORD[rest % 32]}${text}`;
    rest = Math.floor(rest / 32);
  }
  return text;
}

const MADE_SYMBOLS = 26;
const TIMELESS_SYMBOLS = 16;

/** The id that `text` always gives: 130 bits of its SHA-256, spelt like any other id. */
export function idMadeOf(prefix: IdPrefix, text: string): string {
  return `${prefix}_${symbolsOf(text, MADE_SYMBOLS)}`;
}

/** The id that `text` always gives, but sorted among others by `at`: 80 bits of its SHA-256. */
export function idMadeAt(prefix: IdPrefix, at: Date, text: string): string {
  return `${prefix}_${encodeTime(at.getTime())}${symbolsOf(text, TIMELESS_SYMBOLS)}`;
}

function symbolsOf(text: string, length: number): string {
  const digest = hash('sha256', text, 'buffer');
  return Array.from({ length }, (_, at) => CROCKFORD[(digest[at] ?? 0) % 32]).join('');
}

/** Id of the order that `checkoutId` places with `shopId`: the same two always give the same. */
export function orderIdOf(checkoutId: string, shopId: string): string {
  return `ord_${checkoutId.slice('chk_'.length)}${shopId.slice('shp_'.length)}`;
}
