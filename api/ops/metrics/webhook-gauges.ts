import { Gauge, type Registry } from 'prom-client';

/** How webhooks stand, as the record tells it when it is asked. */
export interface WebhookGauges {
  readonly outboxWaiting: Gauge;
  readonly outboxOldest: Gauge;
  readonly pending: Gauge;
  readonly oldestDue: Gauge;
  readonly endpoints: Gauge<'state'>;
}

export function createWebhookGauges(registry: Registry): WebhookGauges {
  const registers = [registry];
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help: `${help} Absent while MongoDB does not tell.`, registers });
  return {
    outboxWaiting: gauge(
      'lastunit_outbox_entries_waiting',
      'Transactions whose events are not on record for webhooks yet, counted up to 10,000.',
    ),
    outboxOldest: gauge(
      'lastunit_outbox_oldest_seconds',
      'Age of the oldest transaction whose events are not on record for webhooks; 0 without any.',
    ),
    pending: gauge(
      'lastunit_webhook_deliveries_pending',
      'Events on their way to webhooks, counted up to 10,000.',
    ),
    oldestDue: gauge(
      'lastunit_webhook_oldest_due_seconds',
      'How long the delivery that is due for longest has been, among those to webhooks that are ' +
        'not left alone; 0 without any.',
    ),
    endpoints: new Gauge({
      name: 'lastunit_webhook_endpoints',
      help:
        'Webhooks that are not sent to: left alone for a while after failures (paused), or ' +
        'switched off by the system (disabled). Absent while MongoDB does not tell.',
      labelNames: ['state'],
      registers,
    }),
  };
}
