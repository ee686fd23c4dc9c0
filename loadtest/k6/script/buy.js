import { check, sleep } from 'k6';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';
import { FOLLOW } from './follow.js';
import { toHeaders } from './headers.js';

const ENDS = ['placed', 'rejected', 'failed'];
const TRIES_MAX = 5;
const RETRY_S_MAX = 5;
const COPIES = 3;

const accepted = new Counter('checkouts_accepted');
const placed = new Counter('checkouts_placed');
const rejected = new Counter('checkouts_rejected');
const failed = new Counter('checkouts_failed');
const unsettled = new Counter('checkouts_unsettled');
const shed = new Counter('checkouts_shed');
const timeToOutcome = new Trend('time_to_outcome', true);

/**
 * Posts a checkout with its idempotency key, follows it to its outcome as the kind of buyer does, and
 * measures both. Attempts that the API sheds are counted and repeated with the same key.
 */
export function buyOnce(plan, buyer, { key, buyerId, lines }) {
  const order = buyer === 'carts' ? fillCart(plan, buyerId, lines) : { buyerId, lines };
  if (order === undefined) return;
  const startedAt = Date.now();
  const answer = submit(plan, key, order, buyer === 'duplicates' ? COPIES : 1);
  if (answer.status === 503) return; // Counted as shed.
  if (!check(answer, { 'checkout is accepted': ({ status }) => status === 202 })) return;
  accepted.add(1);
  const first = answer.json();
  const follow = FOLLOW[buyer] ?? FOLLOW.waiting;
  const outcome = ENDS.includes(first.status) ? first : follow(plan, first.id, ENDS);
  timeToOutcome.add(Date.now() - startedAt);
  count(outcome);
  check(outcome, {
    'checkout has an outcome': ({ status }) => ENDS.includes(status),
    'checkout is placed or sold out': ({ status, rejection }) =>
      status === 'placed' || (status === 'rejected' && rejection.code === 'out_of_stock'),
    'checkout has at most one order': ({ orders = [] }) => orders.length <= 1,
  });
}

/** Fills a cart line by line, as a storefront does, and returns the checkout of it. */
function fillCart(plan, buyerId, [first, ...others]) {
  const cart = post(plan, '/v1/carts', { buyerId, lines: [first] });
  if (!check(cart, { 'cart is created': ({ status }) => status === 201 })) return undefined;
  const cartId = cart.json('id');
  for (const line of others) {
    const added = post(plan, `/v1/carts/${cartId}/lines`, line, 'POST /v1/carts/{id}/lines');
    check(added, { 'cart has the line': ({ status }) => status === 200 || status === 201 });
  }
  return { cartId };
}

/** Posts a checkout, as often at the same time as there are copies. Copies must get one checkout. */
function submit(plan, key, order, copies) {
  const request = toRequest(plan, key, order);
  for (let tries = 1; ; tries += 1) {
    const answers = http.batch(Array.from({ length: copies }, request));
    const refused = answers.find(({ status }) => status === 503);
    if (refused === undefined) {
      if (copies > 1) {
        const ids = new Set(answers.map((answer) => answer.status === 202 && answer.json('id')));
        check(ids, { 'copies of a request are one checkout': ({ size }) => size === 1 });
      }
      return answers[0];
    }
    shed.add(1);
    if (tries === TRIES_MAX) return refused;
    sleep(Math.min(RETRY_S_MAX, Number(refused.headers['Retry-After']) || 1));
  }
}

function toRequest(plan, key, order) {
  const url = `${plan.apiUrl}/v1/checkouts`;
  const body = JSON.stringify(order);
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
  return () => ({
    method: 'POST',
    url,
    body,
    params: {
      headers: toHeaders(plan, 'POST', url, body, headers),
      tags: { step: 'accept', name: 'POST /v1/checkouts' },
    },
  });
}

function post(plan, path, content, name = `POST ${path}`) {
  const url = plan.apiUrl + path;
  const body = JSON.stringify(content);
  const headers = toHeaders(plan, 'POST', url, body, { 'Content-Type': 'application/json' });
  return http.post(url, body, { headers, tags: { step: 'cart', name } });
}

function count({ status }) {
  if (status === 'placed') placed.add(1);
  else if (status === 'rejected') rejected.add(1);
  else if (status === 'failed') failed.add(1);
  else unsettled.add(1);
}
