import { BUYER_ACTOR_PREFIX, PERSONAL_FIELDS } from '../domain/contact.ts';
import type { DeliveryRecord } from '../store/collections/webhook-deliveries.ts';
import type { Store } from '../store/store.ts';

/** The number of deliveries that are read and rewritten together. */
const DELIVERIES_AT_ONCE = 500;

/** Members of a payload's `data` that can contain personal data. */
const SUBJECT_NAMES = ['order', 'checkout'] as const;
/** Lists of an order whose entries can contain a reason. */
const LISTS_WITH_REASONS = ['history', 'reductions'] as const;
const PERSONAL = new RegExp(`"(?:${PERSONAL_FIELDS.join('|')})":|"actor":"${BUYER_ACTOR_PREFIX}`);

/** An entry of a history or of a list of reductions. */
interface ReasonedEntry {
  readonly actor?: string;
  readonly reason?: string;
}

/**
 * Removes personal data from the deliveries about these orders and checkouts: rewrites the
 * payloads, and deletes the endpoints' responses, which may repeat such data.
 * @returns the number of deliveries that were marked as personal
 */
export async function erasePayloads(store: Store, subjectIds: readonly string[]): Promise<number> {
  let erased = 0;
  for (;;) {
    const deliveries = await store.webhookDeliveries
      .find<Pick<DeliveryRecord, '_id' | 'payload'>>(
        { subjectId: { $in: [...subjectIds] }, isPersonal: true },
        { projection: { payload: 1 }, limit: DELIVERIES_AT_ONCE },
      )
      .toArray();
    if (deliveries.length === 0) return erased;
    await store.webhookDeliveries.bulkWrite(
      deliveries.map(({ _id, payload }) => ({
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
    erased += deliveries.length;
  }
}

/** Returns a payload without addresses, contacts and notes, and without the reasons of buyers. */
export function withoutPersonal(payload: string): string {
  const body = JSON.parse(payload) as { data: Record<string, Record<string, unknown> | undefined> };
  for (const subjectName of SUBJECT_NAMES) {
    const subject = body.data[subjectName];
    if (subject === undefined) continue;
    for (const name of PERSONAL_FIELDS) delete subject[name];
    for (const list of LISTS_WITH_REASONS) {
      if (Array.isArray(subject[list])) subject[list] = subject[list].map(withoutBuyersReason);
    }
  }
  return JSON.stringify(body);
}

function withoutBuyersReason({ reason, ...entry }: ReasonedEntry): ReasonedEntry {
  const isOfBuyer = entry.actor?.startsWith(BUYER_ACTOR_PREFIX) === true;
  return isOfBuyer || reason === undefined ? entry : { ...entry, reason };
}

/**
 * Returns whether a payload may contain an address, a contact, a note, or an entry by a buyer.
 * Metadata with a key of the same name counts too.
 */
export function isPersonal(payload: string): boolean {
  return PERSONAL.test(payload);
}
