import { sleep } from 'k6';
import http from 'k6/http';
import { toHeaders } from './headers.js';

const WAIT_S = 30;
const WAITS_MAX = 3;
const POLL_S = 0.25;
const POLLS_MAX = 240;
const STREAM_TIMEOUT_S = 90;
const SPARE_S = 10;

/**
 * Ways to follow a checkout to its outcome. Each returns the last state that it saw, or only the status
 * `queued` if it saw none.
 */
export const FOLLOW = {
  /** Requests that the API answers when the checkout is settled. */
  'long-polling': (plan, id, finalStatuses) => {
    const headers = { Prefer: `wait=${WAIT_S}` };
    return readUntil(finalStatuses, WAITS_MAX, () => {
      const timeout = `${WAIT_S + SPARE_S}s`;
      return readOutcome(plan, `/v1/checkouts/${id}`, headers, { timeout })?.json();
    });
  },
  /** Requests that are answered at once, a quarter of a second apart. */
  polling: (plan, id, finalStatuses) =>
    readUntil(finalStatuses, POLLS_MAX, () => {
      sleep(POLL_S);
      return readOutcome(plan, `/v1/checkouts/${id}`, {})?.json();
    }),
  /** Server-sent events; the API ends the stream after the outcome. */
  streaming: (plan, id) => {
    const headers = { Accept: 'text/event-stream' };
    const timeout = `${STREAM_TIMEOUT_S}s`;
    const answer = readOutcome(plan, `/v1/checkouts/${id}/events`, headers, { timeout });
    const data = answer?.body.match(/^data: ?\{.*$/gm) ?? [];
    return data.length === 0 ? { status: 'queued' } : JSON.parse(data.pop().slice('data:'.length));
  },
};

function readUntil(finalStatuses, triesMax, read) {
  let outcome = { status: 'queued' };
  for (let tries = 0; tries < triesMax && !finalStatuses.includes(outcome.status); tries += 1) {
    outcome = read() ?? outcome;
  }
  return outcome;
}

function readOutcome(plan, path, headers, options = {}) {
  const url = plan.apiUrl + path;
  const name = path.endsWith('/events')
    ? 'GET /v1/checkouts/{id}/events'
    : 'GET /v1/checkouts/{id}';
  const answer = http.get(url, {
    headers: toHeaders(plan, 'GET', url, undefined, headers),
    tags: { step: 'outcome', name },
    ...options,
  });
  return answer.status === 200 ? answer : undefined;
}
