import { check, sleep } from 'k6';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';
import { DROP_BUYERS } from './drops.js';
import { FOLLOW } from './follow.js';
import { toHeaders } from './headers.js';

const FINAL_STATUSES = ['placed', 'rejected', 'failed'];
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
 * Buys once as this kind of buyer: posts a checkout with its idempotency key, follows it to its
 * outcome, and measures the time until then. Attempts that the API sheds are counted and repeated
 * with the same key.
 */
export function buyOnce(plan, { buyer, drawId }, { key, buyerId, lines }) {
  const buy = DROP_BUYERS[buyer];
  if (buy !== undefined) {
    buy(plan, { key, drawId, order: { buyerId, lines } }, { purchase, post });
    return;
  }
  const order = buyer === 'carts' ? fillCart(plan, buyerId, lines) : { buyerId, lines };
  if (order === undefined) return;
  const copies = buyer === 'duplicates' ? COPIES : 1;
  const keys = new Array(copies).fill(key);
  purchase(plan, { keys, order, follow: FOLLOW[buyer] ?? FOLLOW['long-polling'] });
}

/**
 * Posts an order under each of the keys concurrently, and follows each checkout to its outcome.
 * @returns one outcome for each accepted checkout
 */
function purchase(plan, { keys, order, follow, refusals = ['out_of_stock'] }) {
  const startedAt = Date.now();
  const answers = submit(plan, keys, order).filter(({ status }) => status !== 503); // Shed.
  const isAccepted = { 'checkout is accepted': ({ status }) => status === 202 };
  const bodies = answers
    .filter((answer) => check(answer, isAccepted))
    .map((answer) => answer.json());
  const checkouts = [...new Map(bodies.map((body) => [body.id, body])).values()];
  if (bodies.length > 0 && new Set(keys).size < keys.length) {
    check(checkouts, { 'copies of a request are one checkout': ({ length }) => length === 1 });
  }
  return checkouts.map((checkout) => {
    accepted.add(1);
    const outcome = FINAL_STATUSES.includes(checkout.status)
      ? checkout
      : follow(plan, checkout.id, FINAL_STATUSES);
    timeToOutcome.add(Date.now() - startedAt);
    count(outcome);
    check(outcome, {
      'checkout has an outcome': ({ status }) => FINAL_STATUSES.includes(status),
      'checkout is placed or refused for an expected reason': ({ status, rejection }) =>
        status === 'placed' || (status === 'rejected' && refusals.includes(rejection.code)),
      'checkout has at most one order': ({ orders = [] }) => orders.length <= 1,
    });
    return outcome;
  });
}

/** Fills a cart line by line, as a storefront does, and returns the body of its checkout. */
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

/** Posts an order under each of the keys concurrently, and repeats requests that were shed. */
function submit(plan, keys, order) {
  const answers = new Array(keys.length).fill(undefined);
  for (let tries = 1; ; tries += 1) {
    const unanswered = [...answers.keys()].filter(
      (index) => (answers[index] ?? { status: 503 }).status === 503,
    );
    const requests = unanswered.map((index) => toRequest(plan, keys[index], order));
    http.batch(requests).forEach((answer, position) => {
      answers[unanswered[position]] = answer;
    });
    const refused = answers.filter(({ status }) => status === 503);
    if (refused.length === 0) return answers;
    shed.add(refused.length);
    if (tries === TRIES_MAX) return answers;
    sleep(Math.min(RETRY_S_MAX, Number(refused[0].headers['Retry-After']) || 1));
  }
}

function toRequest(plan, key, order) {
  const url = `${plan.apiUrl}/v1/checkouts`;
  const body = JSON.stringify(order);
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
  return {
    method: 'POST',
    url,
    body,
    params: {
      headers: toHeaders(plan, 'POST', url, body, headers),
      tags: { step: 'accept', name: 'POST /v1/checkouts' },
    },
  };
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
