import { hash } from 'node:crypto';

/** Each worker process has a connection for each partition. */
export const PARTITIONS_MAX = 64;

/**
 * Returns the partition, from 0 to `partitions` - 1, that settles the checkouts of a product.
 * Depends only on the arguments, so that all processes agree without communicating.
 */
export function toPartition(productId: string, partitions: number): number {
  if (partitions === 1) return 0;
  return hash('sha1', productId, 'buffer').readUInt32BE(0) % partitions;
}

/** Returns the product that decides the partition of a checkout: that of its first line. */
export function toHomeProduct(lines: readonly { readonly productId: string }[]): string {
  return lines[0]?.productId ?? '';
}
