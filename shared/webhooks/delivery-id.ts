const EVENT_ID = /^evt_([0-9A-Z]{26})[.-](\d{1,6})$/;
const POSITION_DIGITS = 6;

/**
 * The id of the delivery of one event to one webhook: the same two always give the same, so that
 * the primary index refuses a second one. Ids sort by when the events happened, and those of one
 * transaction in its order.
 */
export function deliveryIdOf(eventId: string, webhookId: string): string {
  const [, entry, position = ''] = EVENT_ID.exec(eventId) ?? [];
  if (entry === undefined) throw new RangeError(`${eventId} is not the id of an event`);
  const place = position.padStart(POSITION_DIGITS, '0');
  return `dlv_${entry}${place}${webhookId.slice('whk_'.length)}`;
}
