import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { Tracing } from '../../shared/tracing/tracing.ts';
import type { SendResult } from './send-delivery.ts';

/**
 * Makes an attempt within a span, if the delivery is traced.
 * @param send gets the trace context for the receiver; undefined if the delivery is not traced
 */
export async function traceAttempt(
  tracing: Tracing | undefined,
  webhook: WebhookRecord,
  delivery: DeliveryRecord,
  send: (traceparent?: string) => Promise<SendResult | undefined>,
): Promise<SendResult | undefined> {
  const { traceparent: parent, attemptCount, eventId, type } = delivery;
  if (tracing === undefined || parent === undefined) return send();
  const span = tracing.start('POST', {
    kind: 'client',
    parent,
    attributes: {
      'http.request.method': 'POST',
      'http.request.resend_count': attemptCount,
      // The path may hold a secret of the receiver.
      'server.address': new URL(webhook.url).hostname,
      'lastunit.webhook.id': webhook._id,
      'lastunit.event.id': eventId,
      'lastunit.event.type': type,
    },
  });
  try {
    const result = await tracing.run(span, () => send(span.traceparent));
    const { status, error } = result ?? { error: 'stopped' };
    if (status !== undefined) span.set({ 'http.response.status_code': status });
    if (error !== undefined) span.fail(error);
    return result;
  } finally {
    span.end();
  }
}
