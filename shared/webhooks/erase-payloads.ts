import { PERSONAL_FIELDS } from '../domain/contact.ts';
import type { DeliveryRecord } from '../store/collections/webhook-deliveries.ts';
import type { Store } from '../store/store.ts';

/** Deliveries that are read at once. */
const DELIVERIES_AT_ONCE = 500;

/** Members of a payload's data that can contain personal data. */
const HOLDERS = ['order', 'checkout'] as const;

/**
 * Removes personal data from the payloads of these orders and checkouts, and what endpoints answered,
 * which may repeat it. Only deliveries with such data are found. Returns their number.
 */
export async function erasePayloads(store: Store, subjectIds: readonly string[]): Promise<number> {
  let erased = 0;
  for (;;) {
    const found = await store.webhookDeliveries
      .find<Pick<DeliveryRecord, '_id' | 'payload'>>(
        { subjectId: { $in: [...subjectIds] }, isPersonal: true },
        { projection: { payload: 1 }, limit: DELIVERIES_AT_ONCE },
      )
      .toArray();
    if (found.length === 0) return erased;
    await store.webhookDeliveries.bulkWrite(
      found.map(({ _id, payload }) => ({
        updateOne: {
          filter: { _id },
          update: {
            $set: { payload: withoutPersonal(payload) },
            $unset: { isPersonal: '', 'attempts.$[].response': '' },
          },
        },
      })),
      { ordered: false },
    );
    erased += found.length;
  }
}

/** Returns a payload without addresses, contacts and notes. */
export function withoutPersonal(payload: string): string {
  const body = JSON.parse(payload) as { data: Record<string, Record<string, unknown> | undefined> };
  for (const holder of HOLDERS) {
    for (const name of PERSONAL_FIELDS) delete body.data[holder]?.[name];
  }
  return JSON.stringify(body);
}

/** Returns whether a payload has an address, a contact or a note. */
export function isPersonal(payload: string): boolean {
  return /"(?:shippingAddress|contact|note)":/.test(payload);
}
