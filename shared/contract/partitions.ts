import { hash } from 'node:crypto';

/** Bounds the connections to Redis, because each worker process opens some for each partition. */
export const PARTITIONS_MAX = 64;

/**
 * Returns the partition, from 0 to `partitions` - 1, that settles the checkouts of a product.
 * Depends only on the arguments, so that all processes agree without communicating.
 */
export function toPartition(productId: string, partitions: number): number {
  if (partitions === 1) return 0;
  return hash('sha1', productId, 'buffer').readUInt32BE(0) % partitions;
}

/**
 * Returns the id of the product that decides a checkout's partition: the product of its first line.
 */
export function toHomeProduct(lines: readonly { readonly productId: string }[]): string {
  return lines[0]?.productId ?? '';
}
