import { check } from 'k6';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';
import { signRequest } from './sign.js';

const WAIT_S = 30;
const WAITS_MAX = 3;
const ENDS = ['placed', 'rejected', 'failed'];

const accepted = new Counter('checkouts_accepted');
const placed = new Counter('checkouts_placed');
const rejected = new Counter('checkouts_rejected');
const failed = new Counter('checkouts_failed');
const unsettled = new Counter('checkouts_unsettled');
const timeToOutcome = new Trend('time_to_outcome', true);

/** Posts a checkout with its idempotency key, waits for the outcome, and measures both. */
export function checkOut(plan, { key, buyerId, lines }) {
  const startedAt = Date.now();
  const url = `${plan.apiUrl}/v1/checkouts`;
  const body = JSON.stringify({ buyerId, lines });
  const answer = http.post(url, body, {
    headers: toHeaders(plan, 'POST', url, body, {
      'Content-Type': 'application/json',
      'Idempotency-Key': key,
    }),
    tags: { step: 'accept', name: 'POST /v1/checkouts' },
  });
  if (!check(answer, { 'checkout is accepted': ({ status }) => status === 202 })) return;
  accepted.add(1);
  const outcome = awaitOutcome(plan, answer.json('id'));
  timeToOutcome.add(Date.now() - startedAt);
  count(outcome);
  check(outcome, {
    'checkout has an outcome': ({ status }) => ENDS.includes(status),
    'checkout is placed or sold out': ({ status, rejection }) =>
      status === 'placed' || (status === 'rejected' && rejection.code === 'out_of_stock'),
  });
}

/** Adds the authentication headers: the key alone, or a signature of this request. */
function toHeaders({ apiKey, signing }, method, url, body, headers) {
  if (!signing) return { 'X-Api-Key': apiKey, ...headers };
  return signRequest({ method, url, body, headers, ...signing });
}

function awaitOutcome(plan, checkoutId) {
  let outcome = { status: 'queued' };
  for (let waits = 0; waits < WAITS_MAX && !ENDS.includes(outcome.status); waits += 1) {
    const url = `${plan.apiUrl}/v1/checkouts/${checkoutId}`;
    const answer = http.get(url, {
      headers: toHeaders(plan, 'GET', url, undefined, { Prefer: `wait=${WAIT_S}` }),
      tags: { step: 'outcome', name: 'GET /v1/checkouts/{id}' },
      timeout: `${WAIT_S + 10}s`,
    });
    if (answer.status === 200) outcome = answer.json();
  }
  return outcome;
}

function count({ status }) {
  if (status === 'placed') placed.add(1);
  else if (status === 'rejected') rejected.add(1);
  else if (status === 'failed') failed.add(1);
  else unsettled.add(1);
}
