import type { DeliveryRecord } from '../store/collections/webhook-deliveries.ts';
import { isPersonal } from './erase-payloads.ts';

const EVENT_ID = /^evt_([0-9A-Z]{26})[.-](\d{1,6})$/;
const POSITION_DIGITS = 6;

type DeliveryFields = Pick<
  DeliveryRecord,
  'webhookId' | 'shopId' | 'eventId' | 'type' | 'subjectId' | 'seq' | 'payload'
>;

/** Creates a delivery without attempts. The caller sets when it is due. */
export function newDelivery(fields: DeliveryFields, createdAt: Date): DeliveryRecord {
  return {
    _id: toDeliveryId(fields.eventId, fields.webhookId),
    ...fields,
    ...(isPersonal(fields.payload) && { isPersonal: true as const }),
    status: 'pending',
    failures: 0,
    attempts: [],
    attemptCount: 0,
    createdAt,
  };
}

/**
 * Returns the id of the delivery of an event to a webhook. The same event and webhook always have
 * the same id, so the index of ids refuses a second delivery. Ids sort by the time of the events,
 * and those of one transaction by the position of the event in the transaction.
 * @throws RangeError if `eventId` is not the id of an event
 */
export function toDeliveryId(eventId: string, webhookId: string): string {
  const [, entry, position = ''] = EVENT_ID.exec(eventId) ?? [];
  if (entry === undefined) throw new RangeError(`${eventId} is not the id of an event`);
  return `dlv_${entry}${position.padStart(POSITION_DIGITS, '0')}${webhookId.slice('whk_'.length)}`;
}
