import { expect, test, vi } from 'vitest';
import { Lastunit, OutcomePendingError } from './index.ts';
import {
  cut,
  events,
  json,
  problem,
  type ScriptedApi,
  scriptedApi,
  silent,
} from './testing/scripted-api.ts';

const REQUEST = { buyerId: 'buyer-1', lines: [{ variantId: 'var_1', quantity: 1 }] };
const QUEUED = { id: 'chk_1', status: 'queued', orders: [], timeline: [] };
const ACCEPTED = json(202, { id: 'chk_1', status: 'queued' });
const PLACED = { ...QUEUED, status: 'placed', orders: [{ id: 'ord_1' }] };
const REJECTED = { ...QUEUED, status: 'rejected', rejection: { code: 'out_of_stock' } };

const checkoutsOf = ({ url }: ScriptedApi, options = {}) =>
  new Lastunit({ baseUrl: url, apiKey: 'lu_key', ...options }).checkouts;
const urlsOf = ({ seen }: ScriptedApi) => seen.map(({ method, url }) => `${method} ${url}`);
const POST = 'POST /v1/checkouts';
const STREAM = 'GET /v1/checkouts/chk_1/events';
const READ = 'GET /v1/checkouts/chk_1';

test('one request is enough if the outcome comes in time', async () => {
  const api = await scriptedApi(json(200, PLACED));
  expect(await checkoutsOf(api).submitAndWait(REQUEST)).toEqual(PLACED);
  expect(urlsOf(api)).toEqual([POST]);
  expect(api.seen[0]?.headers['prefer']).toBe('wait=20');
});

test('the outcome is streamed after the first request', async () => {
  const stream = events([
    ['checkout', QUEUED],
    ['heartbeat', ''],
    ['checkout', REJECTED],
  ]);
  const api = await scriptedApi(ACCEPTED, stream);
  const outcome = await checkoutsOf(api).submitAndWait(REQUEST);
  expect(outcome.status === 'rejected' && outcome.rejection.code).toBe('out_of_stock');
  expect(urlsOf(api)).toEqual([POST, STREAM]);
});

test.each([
  ['fails', problem(503, 'service_unavailable')],
  ['is cut', cut],
  ['ends early', events([['checkout', QUEUED]])],
])('the outcome is polled if the stream %s', async (_name, stream) => {
  const api = await scriptedApi(ACCEPTED, stream, json(200, PLACED));
  expect(await checkoutsOf(api).submitAndWait(REQUEST)).toEqual(PLACED);
  expect(urlsOf(api)).toEqual([POST, STREAM, READ]);
});

test('the outcome is polled if the stream does not begin', async () => {
  const api = await scriptedApi(ACCEPTED, silent, json(200, PLACED));
  const checkouts = checkoutsOf(api, { timeoutMs: 200 });
  expect(await checkouts.submitAndWait(REQUEST, { timeoutMs: 20_000 })).toEqual(PLACED);
  expect(urlsOf(api)).toEqual([POST, STREAM, READ]);
});

test('a stream that has begun may take longer than an attempt', async () => {
  const stream = events([['checkout', QUEUED]], true);
  const api = await scriptedApi((response) => {
    stream(response);
    const last = `event: checkout\ndata: ${JSON.stringify(PLACED)}\n\n`;
    setTimeout(() => response.end(last), 2_000);
  });
  expect(await checkoutsOf(api, { timeoutMs: 1_000 }).waitForOutcome('chk_1')).toEqual(PLACED);
  expect(urlsOf(api)).toEqual([STREAM]);
});

test('repeats the first request until it is answered, with one key', async () => {
  const api = await scriptedApi(cut, problem(503, 'service_unavailable'), json(200, PLACED));
  expect(await checkoutsOf(api).submitAndWait(REQUEST)).toEqual(PLACED);
  expect(new Set(api.seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
});

test('a deadline of more than 24.8 days does not end the wait at once', async () => {
  const api = await scriptedApi(
    (response) => void setTimeout(() => ACCEPTED(response), 100),
    json(200, PLACED),
  );
  expect(await checkoutsOf(api).submitAndWait(REQUEST, { timeoutMs: 2 ** 31 })).toEqual(PLACED);
});

test('the deadline ends the wait with an error that has the checkout id or the key to continue with', async () => {
  const known = await scriptedApi(ACCEPTED, events([['checkout', QUEUED]], true));
  const waiting = checkoutsOf(known).submitAndWait(REQUEST, { timeoutMs: 1_500 });
  await expect(waiting).rejects.toMatchObject({ kind: 'pending', checkoutId: 'chk_1' });
  const unknown = await scriptedApi(silent);
  const idempotencyKey = 'order-8812';
  const error = await checkoutsOf(unknown)
    .submitAndWait(REQUEST, { timeoutMs: 100, idempotencyKey })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OutcomePendingError);
  expect(error).toMatchObject({ checkoutId: undefined, idempotencyKey });
});

test('an aborted signal ends the wait with its reason', async () => {
  const api = await scriptedApi(ACCEPTED, events([['checkout', QUEUED]], true));
  const abort = new AbortController();
  const call = checkoutsOf(api).submitAndWait(REQUEST, { signal: abort.signal });
  await vi.waitFor(() => expect(urlsOf(api)).toEqual([POST, STREAM]));
  abort.abort(new Error('The buyer left.'));
  await expect(call).rejects.toThrow('The buyer left.');
});

test('a refusal in the stream is thrown', async () => {
  const gone = { status: 404, code: 'not_found', detail: 'There is no such checkout.' };
  const api = await scriptedApi(events([['error', gone]]));
  const call = checkoutsOf(api).waitForOutcome('chk_1');
  await expect(call).rejects.toMatchObject({ kind: 'api', code: 'not_found' });
  expect(urlsOf(api)).toEqual([STREAM]);
});

const ENDED = { status: 401, code: 'unauthenticated', detail: 'The token has ended.' };
const refused = problem(401, 'unauthenticated');

test.each([
  ['stream', [events([['error', ENDED]]), json(200, PLACED)], [STREAM, READ]],
  ['wait', [cut, refused, events([['checkout', PLACED]])], [STREAM, READ, STREAM]],
] as const)(
  'if the token ends during a %s, the next request has a new one',
  async (_, [first, ...others], urls) => {
    const api = await scriptedApi(first, ...others);
    let tokens = 0;
    const buyerToken = () => `token-${++tokens}`;
    const { checkouts } = new Lastunit({ baseUrl: api.url, buyerToken });
    expect(await checkouts.waitForOutcome('chk_1')).toEqual(PLACED);
    expect(urlsOf(api)).toEqual(urls);
    expect(api.seen.at(-1)?.headers.authorization).toBe(`Bearer token-${urls.length}`);
  },
);

test('a token that is refused twice in a row is an error', async () => {
  const api = await scriptedApi(
    events([
      ['checkout', QUEUED],
      ['error', ENDED],
    ]),
    refused,
  );
  const call = checkoutsOf(api).waitForOutcome('chk_1');
  await expect(call).rejects.toMatchObject({ kind: 'api', code: 'unauthenticated' });
  expect(urlsOf(api)).toEqual([STREAM, READ]);
});

test('follows a checkout state by state', async () => {
  const stream = events([
    ['checkout', QUEUED],
    ['checkout', PLACED],
  ]);
  const api = await scriptedApi(stream);
  const states: string[] = [];
  for await (const { status } of checkoutsOf(api).follow('chk_1')) states.push(status);
  expect(states).toEqual(['queued', 'placed']);
});
