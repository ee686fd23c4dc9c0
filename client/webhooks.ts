import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { Event, EventType } from './generated/schema.ts';

/** An event that was posted to a webhook. */
export type WebhookEvent = Omit<Event, 'type'> & { readonly type: EventType | 'webhook.test' };

/** The headers of a request: a `Headers` object as of `fetch`, or an object as Node has it. */
type RequestHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The request is not from Lastunit, was changed on its way, or was signed more than five minutes
 * before or after now.
 */
export class WebhookSignatureError extends Error {
  override readonly name = 'WebhookSignatureError';
}

/**
 * Verifies a request to a webhook by Standard Webhooks and returns its event. Events can arrive
 * more than once: remember `id`.
 * @param body exactly as it was received, before any parsing
 * @param secret the webhook's secret; a list while it is being replaced
 * @throws WebhookSignatureError if no secret verifies the request; Error if a secret cannot be decoded
 */
export function verifyWebhook(
  body: string | Uint8Array,
  headers: RequestHeaders,
  secret: string | readonly string[],
): WebhookEvent {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const signed = {
    'webhook-id': readHeader(headers, 'webhook-id'),
    'webhook-timestamp': readHeader(headers, 'webhook-timestamp'),
    'webhook-signature': readHeader(headers, 'webhook-signature'),
  };
  const secrets = typeof secret === 'string' ? [secret] : secret;
  let reason = 'There is no secret to verify it with.';
  for (const candidate of secrets) {
    try {
      return new Webhook(candidate).verify(text, signed) as WebhookEvent;
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      reason = error.message;
    }
  }
  throw new WebhookSignatureError(reason);
}

function readHeader(headers: RequestHeaders, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? '';
  const value = headers[name];
  return typeof value === 'string' ? value : (value?.join(' ') ?? '');
}
