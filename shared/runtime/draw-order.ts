import { createHash, createHmac, randomBytes } from 'node:crypto';

const SEED_BYTES = 32;

/** Returns a new seed in hex: 32 random bytes. */
export function newSeed(): string {
  return randomBytes(SEED_BYTES).toString('hex');
}

/** Returns the commitment to a seed: the SHA-256 of its bytes, in hex. */
export function hashSeed(seed: string): string {
  return createHash('sha256').update(Buffer.from(seed, 'hex')).digest('hex');
}

/** An entry, with the hash by which the entries of a draw are sorted. */
export interface DrawnEntry {
  readonly id: string;
  /** HMAC-SHA256 of the id with the seed's bytes as key, in hex. */
  readonly hash: string;
}

/** Hashes one entry of a draw. */
export function drawEntry(seed: string, id: string): DrawnEntry {
  const hash = createHmac('sha256', Buffer.from(seed, 'hex')).update(id).digest('hex');
  return { id, hash };
}

/** Compares two entries: the lower hash comes first, and the lower id if the hashes are equal. */
export function byHash(first: DrawnEntry, second: DrawnEntry): number {
  if (first.hash === second.hash) return first.id < second.id ? -1 : 1;
  return first.hash < second.hash ? -1 : 1;
}

/** Returns the ids in the order in which a draw with this seed serves them. */
export function toDrawOrder(seed: string, ids: readonly string[]): string[] {
  return ids
    .map((id) => drawEntry(seed, id))
    .sort(byHash)
    .map(({ id }) => id);
}
