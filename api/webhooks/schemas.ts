import { z } from '@hono/zod-openapi';
import { EVENT_PATTERNS, EVENT_TYPES, TEST_EVENT_TYPE } from '../../shared/contract/events.ts';
import { WEBHOOK_URL_LENGTH_MAX } from '../../shared/contract/limits.ts';
import {
  deliveryExample,
  eventExample,
  newWebhookExample,
  redeliveriesExample,
  redeliverRequestExample,
  webhookChangesExample,
  webhookExample,
  webhookRequestExample,
} from './examples.ts';

const url = z
  .string()
  .min(1)
  .max(WEBHOOK_URL_LENGTH_MAX)
  .describe('Where events are posted to: https, and a public address.')
  .openapi({ example: 'https://hooks.example.com/lastunit' });

const eventPattern = z.enum(EVENT_PATTERNS).openapi('EventPattern');
const events = z
  .array(eventPattern)
  .min(1)
  .max(EVENT_PATTERNS.length)
  .refine((patterns) => new Set(patterns).size === patterns.length, 'Each once.')
  .describe('Types of events, all of one subject (`order.*`), or all there are (`*`).')
  .openapi({ uniqueItems: true });

/** What a new webhook is to be sent, and where. */
export const webhookRequest = z
  .strictObject({ url, events })
  .openapi('WebhookRequest', { example: webhookRequestExample });

/** What can be changed of a webhook. */
export const webhookChanges = z
  .strictObject({
    url: url.optional(),
    events: events.optional(),
    isEnabled: z
      .boolean()
      .optional()
      .describe('Events that happen while it is off are not sent, those that wait go on waiting.'),
  })
  .refine((changes) => Object.values(changes).some((value) => value !== undefined), {
    message: 'Nothing to change.',
  })
  .openapi('WebhookChanges', { example: webhookChangesExample, minProperties: 1 });

/** A webhook without its secret. */
export const webhook = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(eventPattern),
    isEnabled: z.boolean(),
    disabledReason: z
      .enum(['gone', 'failing'])
      .optional()
      .describe('Why the system has switched it off: it answered 410, or failed for five days.'),
    failingSince: z.iso
      .datetime()
      .optional()
      .describe('Since when no attempt has succeeded, if the last ones failed.'),
    previousUntil: z.iso
      .datetime()
      .optional()
      .describe('Until when deliveries are signed with the secret before, too.'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Webhook', { example: webhookExample });

/** A webhook with its secret, which is told this once. */
export const newWebhook = webhook
  .extend({ secret: z.string().describe('Verifies deliveries, by Standard Webhooks.') })
  .openapi('NewWebhook', { example: newWebhookExample });

const attempt = z
  .object({
    at: z.iso.datetime(),
    durationMs: z.int(),
    status: z.int().optional().describe('Of the answer, if there was one.'),
    error: z
      .enum(['status', 'timeout', 'connection', 'tls', 'unknown_host', 'forbidden_target'])
      .optional()
      .describe('Why it failed; `status` is any answer but 2xx.'),
    response: z.string().optional().describe('The beginning of the answer’s body.'),
    isManual: z.boolean().describe('Whether somebody asked for it, instead of the schedule.'),
  })
  .openapi('DeliveryAttempt');

export const deliveryStatus = z.enum(['pending', 'delivered', 'failed']).openapi('DeliveryStatus');

/** One event on its way to one webhook, with its log. */
export const delivery = z
  .object({
    id: z.string(),
    eventId: z.string().describe('As `webhook-id` tells it.'),
    type: z.enum([...EVENT_TYPES, TEST_EVENT_TYPE]),
    subjectId: z.string(),
    seq: z.int(),
    status: deliveryStatus,
    attemptCount: z.int(),
    attempts: z.array(attempt).describe('The last 20, oldest first.'),
    nextAttemptAt: z.iso.datetime().optional(),
    createdAt: z.iso.datetime(),
    deliveredAt: z.iso.datetime().optional(),
    payload: z.record(z.string(), z.unknown()).describe('The body that is sent.'),
  })
  .openapi('WebhookDelivery', { example: deliveryExample });

/** Which deliveries are to be sent again. */
export const redeliverRequest = z
  .strictObject({
    since: z.iso
      .datetime({ offset: true })
      .describe('Deliveries that were made at this time or later.'),
    status: z.enum(['failed', 'delivered']).default('failed').describe('How they ended.'),
  })
  .openapi('RedeliverRequest', { example: redeliverRequestExample });

/** How many deliveries will be sent again. */
export const redeliveries = z
  .object({
    count: z.int().min(0).describe('Deliveries that were asked for by this request.'),
    hasMore: z.boolean().describe('Whether there are more, to be asked for by another request.'),
  })
  .openapi('Redeliveries', { example: redeliveriesExample });

/** An event, exactly as a webhook carries it. */
export const event = z
  .object({
    id: z.string().describe('As `webhook-id`.'),
    type: z.enum(EVENT_TYPES).openapi('EventType'),
    timestamp: z.iso.datetime(),
    version: z.int().min(1).describe('Of the form of events: 1.'),
    data: z
      .looseObject({
        subjectId: z.string(),
        seq: z.int().describe('Orders the events of the subject.'),
        shopId: z.string().describe('The shop that the event is shown to.'),
      })
      .describe('What happened, with its subject as it then was; see the guide.'),
  })
  .openapi('Event', { example: eventExample });
