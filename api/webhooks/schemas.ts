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
  .describe(
    'The URL that events are posted to. It must be https, unless the system allows http, and its ' +
      'address must be public, unless the system allows the address.',
  )
  .openapi({ example: 'https://hooks.example.com/lastunit' });

const eventPattern = z.enum(EVENT_PATTERNS).openapi('EventPattern');
const events = z
  .array(eventPattern)
  .min(1)
  .max(EVENT_PATTERNS.length)
  .refine((patterns) => new Set(patterns).size === patterns.length, 'List each pattern once.')
  .describe('Types of events, all types of one subject (`order.*`), or all (`*`).')
  .openapi({ uniqueItems: true });

/** The body that creates a webhook. */
export const webhookRequest = z
  .strictObject({ url, events })
  .openapi('WebhookRequest', { example: webhookRequestExample });

/** The body that changes a webhook. */
export const webhookChanges = z
  .strictObject({
    url: url.optional(),
    events: events.optional(),
    isEnabled: z
      .boolean()
      .optional()
      .describe(
        'While it is false, no deliveries of new events are recorded, and pending deliveries wait.',
      ),
  })
  .refine((changes) => Object.values(changes).some((value) => value !== undefined), {
    message: 'Name at least one field to change.',
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
      .describe(
        'Why the system disabled the webhook: `gone` after a 410, `failing` after five days of failures.',
      ),
    failingSince: z.iso
      .datetime()
      .optional()
      .describe('When the current series of failures began.'),
    previousUntil: z.iso
      .datetime()
      .optional()
      .describe('Until when deliveries are also signed with the previous secret.'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Webhook', { example: webhookExample });

/** A webhook with its secret, which is shown only once. */
export const newWebhook = webhook
  .extend({ secret: z.string().describe('Verifies signatures of deliveries (Standard Webhooks).') })
  .openapi('NewWebhook', { example: newWebhookExample });

const attempt = z
  .object({
    at: z.iso.datetime(),
    durationMs: z.int(),
    status: z.int().optional().describe('The status of the answer; absent if there was no answer.'),
    error: z
      .enum(['status', 'timeout', 'connection', 'tls', 'unknown_host', 'forbidden_target'])
      .optional()
      .describe('Why the attempt failed; `status` means an answer other than 2xx.'),
    response: z.string().optional().describe('The beginning of the answer’s body.'),
    isManual: z.boolean().describe('Whether the attempt was requested rather than scheduled.'),
  })
  .openapi('DeliveryAttempt');

export const deliveryStatus = z.enum(['pending', 'delivered', 'failed']).openapi('DeliveryStatus');

/** The delivery of one event to one webhook, with its log. */
export const delivery = z
  .object({
    id: z.string(),
    eventId: z.string().describe('The value of the `webhook-id` header.'),
    type: z.enum([...EVENT_TYPES, TEST_EVENT_TYPE]),
    subjectId: z.string(),
    seq: z.int(),
    status: deliveryStatus,
    attemptCount: z.int(),
    attempts: z.array(attempt).describe('The last 20 attempts, oldest first.'),
    nextAttemptAt: z.iso.datetime().optional(),
    createdAt: z.iso.datetime(),
    deliveredAt: z.iso.datetime().optional(),
    payload: z.record(z.string(), z.unknown()).describe('The body that is sent.'),
  })
  .openapi('WebhookDelivery', { example: deliveryExample });

/** The body that selects deliveries to send again. */
export const redeliverRequest = z
  .strictObject({
    since: z.iso
      .datetime({ offset: true })
      .describe('Selects deliveries that were created at this time or later.'),
    status: z
      .enum(['failed', 'delivered'])
      .default('failed')
      .describe('Selects deliveries with this status.'),
  })
  .openapi('RedeliverRequest', { example: redeliverRequestExample });

/** How many deliveries will be sent again. */
export const redeliveries = z
  .object({
    count: z.int().min(0).describe('Deliveries that this request will send.'),
    hasMore: z.boolean().describe('Whether more deliveries match; repeat the request for them.'),
  })
  .openapi('Redeliveries', { example: redeliveriesExample });

/** An event in the form in which webhooks receive it. */
export const event = z
  .object({
    id: z.string().describe('The value of the `webhook-id` header.'),
    type: z.enum(EVENT_TYPES).openapi('EventType'),
    timestamp: z.iso.datetime(),
    version: z.int().min(1).describe('The version of the event format.'),
    data: z
      .looseObject({
        subjectId: z.string(),
        seq: z
          .int()
          .describe(
            'Increases with each change of the subject. It may skip numbers, and events of one ' +
              'change may have the same number.',
          ),
        shopId: z.string().describe('The shop that receives the event.'),
      })
      .describe('The event’s details, and its subject as it was then. See the API guide.'),
  })
  .openapi('Event', { example: eventExample });
