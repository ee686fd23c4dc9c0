import { hash } from 'node:crypto';
import type { PricedLine } from '../../../shared/domain/vocabulary.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import { insertEach } from '../../../shared/store/insert-each.ts';
import type { Store } from '../../../shared/store/store.ts';
import { toChunks } from '../chunks.ts';

/** About as many intents as the API stores together in the closed loop, which has 128 connections. */
const GROUP = 128;

/** Creates checkouts as the API stores them on acceptance. */
export function makeIntents(line: PricedLine, count: number): CheckoutRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const _id = newId('chk');
    const now = new Date();
    return {
      _id,
      storefrontId: 'shp_00000000000000000000000000',
      madeBy: 'key_00000000000000000000000000',
      buyerId: `buyer-${index}`,
      idempotencyKey: `key_00000000000000000000000000:${_id}`,
      requestHash: hash('sha256', _id),
      status: 'queued',
      lines: [line],
      currency: 'GBP',
      total: line.unitPrice,
      receivedAt: now,
      acceptedAt: now,
      jobId: `${_id}.0`,
      wakeups: 0,
    };
  });
}

/** Stores the intents chunk by chunk with a journaled majority write, as the API does. */
export async function insertIntents(
  store: Store,
  intents: readonly CheckoutRecord[],
): Promise<void> {
  for (const group of toChunks(intents, GROUP)) {
    const results = await insertEach(store.checkouts, group);
    for (const result of results) if ('error' in result) throw result.error;
  }
}
