import { randomBytes } from 'node:crypto';
import { type RequestToSign, signRequest } from '../sign-request.ts';
import type { ReceivedRequest } from '../verify-signed-request.ts';

export const API_KEY = `lu_${'k'.repeat(43)}0123abcd`;
export const KEY_ID = 'key_01J9ZK3V7Q8M2N4P6R8T0W2Y4A';
export const SECRET = randomBytes(32).toString('base64url');
/** A time in the middle of a second. */
export const NOW = new Date(1_618_884_473_500);
export const NOW_S = 1_618_884_473;
export const HOST = '127.0.0.1:3000';

/** A received request, in parts that a test may change. */
export interface Received {
  method: string;
  requestTarget: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Returns a checkout request, signed as a client signs it and received at `HOST`. */
export function signedCheckout(changes: Partial<RequestToSign> = {}): Received {
  return received({
    method: 'POST',
    url: `http://${HOST}/v1/checkouts?trace=1`,
    headers: { 'Idempotency-Key': 'order-7', 'Content-Type': 'application/json' },
    body: '{"buyerId":"b1","lines":[{"variantId":"v1","quantity":1}]}',
    ...keyAndTime,
    ...changes,
  });
}

/** Returns a GET request, signed as a client signs it and received at `HOST`. */
export function signedGet(changes: Partial<RequestToSign> = {}): Received {
  const url = `http://${HOST}/v1/orders`;
  return received({ method: 'GET', url, ...keyAndTime, ...changes });
}

const keyAndTime = { apiKey: API_KEY, keyId: KEY_ID, secret: SECRET, created: NOW_S };

function received(request: RequestToSign): Received {
  const { method, body = '' } = request;
  const { pathname, search, host } = new URL(request.url);
  return {
    method,
    requestTarget: pathname + search,
    headers: { ...signRequest(request), host },
    body: typeof body === 'string' ? Buffer.from(body) : body,
  };
}

/** Converts a received request to the input of the verifier. */
export function toReceivedRequest({ headers, ...request }: Received): ReceivedRequest {
  return { ...request, header: (name) => headers[name] };
}
