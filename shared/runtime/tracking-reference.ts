import { hash } from 'node:crypto';
import { trackingReferenceFrom } from '../domain/tracking-reference.ts';

/**
 * The reference under which an order can be asked after until its carrier gives it another, e.g.
 * `LU-7K3MD-00QXA-ZT5RW-9B1CE`. It follows from the order's id, so it costs nothing to store: 100
 * bits of the id's SHA-256, of which not even 10¹² orders make two alike but once in a million.
 */
export function trackingReferenceOf(orderId: string): string {
  return trackingReferenceFrom(hash('sha256', `tracking ${orderId}`, 'buffer'));
}
