import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { verifyWebhook, WebhookSignatureError } from './webhooks.ts';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const OTHER = `whsec_${randomBytes(32).toString('base64')}`;
const EVENT = {
  id: 'evt_1',
  type: 'order.confirmed',
  timestamp: '2026-11-28T12:00:00.000Z',
  version: 1,
  data: { subjectId: 'ord_1', seq: 2, shopId: 'shp_1' },
};
const BODY = JSON.stringify(EVENT);

function headersAt(at: Date) {
  return {
    'webhook-id': EVENT.id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(SECRET).sign(EVENT.id, at, BODY),
  };
}

test('returns the event of a signed request, from text and plain headers or from bytes and `Headers`', () => {
  const headers = headersAt(new Date());
  const event = verifyWebhook(BODY, headers, SECRET);
  expect(event).toEqual(EVENT);
  expect(event.type === 'order.confirmed' && event.data.subjectId).toBe('ord_1');
  expect(verifyWebhook(Buffer.from(BODY), new Headers(headers), SECRET)).toEqual(EVENT);
});

test('any of several secrets is enough while one is replaced', () => {
  expect(verifyWebhook(BODY, headersAt(new Date()), [OTHER, SECRET])).toEqual(EVENT);
});

test.each<[string, () => unknown]>([
  ['another secret', () => verifyWebhook(BODY, headersAt(new Date()), OTHER)],
  ['no secret', () => verifyWebhook(BODY, headersAt(new Date()), [])],
  ['another body', () => verifyWebhook(`${BODY} `, headersAt(new Date()), SECRET)],
  ['no headers', () => verifyWebhook(BODY, {}, SECRET)],
  ['an old request', () => verifyWebhook(BODY, headersAt(new Date(Date.now() - 600_000)), SECRET)],
  [
    'a request from the future',
    () => verifyWebhook(BODY, headersAt(new Date(Date.now() + 600_000)), SECRET),
  ],
])('refuses %s', (_name, verify) => {
  expect(verify).toThrow(WebhookSignatureError);
});
