import { expect, test, vi } from 'vitest';
import { ApiError, ConnectionError, Lastunit } from '../index.ts';
import {
  type Answer,
  cut,
  cutInBody,
  json,
  problem,
  type ScriptedApi,
  scriptedApi,
  silent,
} from '../testing/scripted-api.ts';

const CART = { buyerId: 'buyer-1' };
const LINES = { buyerId: 'buyer-1', lines: [{ variantId: 'var_1', quantity: 1 }] };
const ACCEPTED = { id: 'chk_1', status: 'queued', buyerId: 'buyer-1', currency: 'GBP', total: 1 };

const clientFor = ({ url }: ScriptedApi, options = {}) =>
  new Lastunit({ baseUrl: url, apiKey: 'lu_key', ...options });
const keysOf = ({ seen }: ScriptedApi) => seen.map(({ headers }) => headers['idempotency-key']);

test.each([
  ['a cut connection', cut],
  ['a connection that is cut in the body', cutInBody],
  ['503 service_unavailable', problem(503, 'service_unavailable')],
  ['503 overloaded', problem(503, 'overloaded')],
  ['429', problem(429, 'too_many_requests', { 'retry-after': '0' })],
  ['a 502 of a proxy', json(502, 'Bad gateway')],
])('repeats a checkout with the same key and body after %s', async (_name, failure) => {
  const api = await scriptedApi(failure, json(202, ACCEPTED));
  expect(await clientFor(api).checkouts.create(LINES)).toEqual(ACCEPTED);
  expect(api.seen.map(({ body }) => JSON.parse(body))).toEqual([LINES, LINES]);
  const [first, second] = keysOf(api);
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(second).toBe(first);
});

test('each checkout has its own key, unless the caller sets one', async () => {
  const api = await scriptedApi(json(202, ACCEPTED));
  const { checkouts } = clientFor(api);
  await checkouts.create(LINES);
  await checkouts.create(LINES);
  await checkouts.create(LINES, { idempotencyKey: 'order-8812' });
  const [first, second, third] = keysOf(api);
  expect(first).not.toBe(second);
  expect(third).toBe('order-8812');
});

test('a request that is not repeatable is repeated only if it had no effect', async () => {
  const overloaded = await scriptedApi(problem(503, 'overloaded'), json(201, { id: 'crt_1' }));
  expect(await clientFor(overloaded).carts.create(CART)).toEqual({ id: 'crt_1' });
  for (const failure of [cut, problem(503, 'service_unavailable'), json(502, 'Bad gateway')]) {
    const api = await scriptedApi(failure, json(201, { id: 'crt_1' }));
    await expect(clientFor(api).carts.create(CART)).rejects.toThrow();
    expect(api.seen).toHaveLength(1);
  }
});

test('a change is repeated, but not if it is conditional', async () => {
  const api = await scriptedApi(cut, json(200, { id: 'crt_1' }));
  const { carts } = clientFor(api);
  await carts.setLine('crt_1', 'var_1', { quantity: 2 });
  expect(api.seen).toHaveLength(2);
  const conditional = await scriptedApi(cut);
  const change = clientFor(conditional).carts.setLine(
    'crt_1',
    'var_1',
    { quantity: 2 },
    { ifMatch: '"r1"' },
  );
  await expect(change).rejects.toBeInstanceOf(ConnectionError);
  expect(conditional.seen).toHaveLength(1);
});

const NOT_FOUND = problem(404, 'not_found');

test.each([
  ['a cut connection', cut],
  ['503 service_unavailable', problem(503, 'service_unavailable')],
  ['a 502 of a proxy', json(502, 'Bad gateway')],
])('a removal whose repeat finds nothing after %s has succeeded', async (_name, failure) => {
  const api = await scriptedApi(failure, problem(503, 'overloaded'), NOT_FOUND);
  let status: number | undefined;
  const onResponse = (response: Response) => {
    status = response.status;
  };
  expect(await clientFor(api).carts.delete('crt_1', { onResponse })).toBeUndefined();
  expect(status).toBe(204);
  expect(api.seen).toHaveLength(3);
});

test.each([
  ['without a repeat', [NOT_FOUND]],
  ['after attempts without effect', [problem(503, 'overloaded'), NOT_FOUND]],
  ['if a proxy answers it', [cut, json(404, 'No such site')]],
] as const)('a removal is not found %s', async (_name, [first, ...others]) => {
  const api = await scriptedApi(first, ...others);
  const removal = clientFor(api).carts.delete('crt_1');
  await expect(removal).rejects.toMatchObject({ kind: 'api', status: 404 });
});

test('a repeated change of a cart that is gone is not found', async () => {
  const api = await scriptedApi(cut, NOT_FOUND);
  const change = clientFor(api).carts.removeLine('crt_1', 'var_1');
  await expect(change).rejects.toMatchObject({ code: 'not_found' });
});

test('a confirmation is repeated, because repeating it changes nothing', async () => {
  const api = await scriptedApi(cut, json(200, { id: 'ord_1' }));
  const confirmed = await clientFor(api).orders.confirm('ord_1', { paymentReference: 'pay-1' });
  expect(confirmed).toEqual({ id: 'ord_1' });
  expect(api.seen).toHaveLength(2);
});

test('gives up after the retries, with the key to repeat the request with', async () => {
  const api = await scriptedApi(cut);
  const error = await clientFor(api, { retries: 2 })
    .checkouts.create(LINES)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({ kind: 'connection', idempotencyKey: keysOf(api)[0] });
  expect(api.seen).toHaveLength(3);
});

test('waits as long as Retry-After says, and fails at once if that is too long', async () => {
  const limited = problem(429, 'too_many_requests', { 'retry-after': '1' });
  const api = await scriptedApi(limited, json(200, { items: [], nextCursor: null }));
  const startedAt = performance.now();
  await clientFor(api).orders.list().page();
  expect(performance.now() - startedAt).toBeGreaterThan(990);
  const refusing = await scriptedApi(problem(429, 'too_many_guesses', { 'retry-after': '900' }));
  await expect(clientFor(refusing).orders.get('ord_1')).rejects.toMatchObject({ status: 429 });
  expect(refusing.seen).toHaveLength(1);
});

test('waits for a Retry-After of 30 s', async () => {
  const api = await scriptedApi(problem(429, 'too_many_requests', { 'retry-after': '30' }));
  const abort = new AbortController();
  const call = clientFor(api).orders.get('ord_1', { signal: abort.signal });
  const failed = vi.fn();
  call.catch(failed);
  await vi.waitFor(() => expect(api.seen).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(failed).not.toHaveBeenCalled();
  abort.abort(new Error('The buyer left.'));
  await expect(call).rejects.toThrow('The buyer left.');
});

test('repeats a request whose body did not arrive in time, because it had no effect', async () => {
  const api = await scriptedApi(problem(408, 'request_timeout'), json(202, ACCEPTED));
  expect(
    await clientFor(api).inventory.adjust('var_1', { delta: 1, reason: 'correction' }),
  ).toBeDefined();
  expect(api.seen).toHaveLength(2);
});

test('a silent server ends an attempt, and an aborted signal ends the call with its reason', async () => {
  const api = await scriptedApi(silent);
  const client = clientFor(api, { timeoutMs: 50, retries: 1 });
  await expect(client.orders.get('ord_1')).rejects.toBeInstanceOf(ConnectionError);
  expect(api.seen).toHaveLength(2);
  const abort = new AbortController();
  const call = client.orders.get('ord_1', { signal: abort.signal, timeoutMs: 60_000 });
  await vi.waitFor(() => expect(api.seen).toHaveLength(3));
  abort.abort(new Error('The page was left.'));
  await expect(call).rejects.toThrow('The page was left.');
});

const answerLate: Answer = (response) => void setTimeout(() => json(200, {})(response), 200);

test.each([
  ['an import', (client: Lastunit) => client.products.import('{}', 'application/x-ndjson')],
  ['an export of products', (client: Lastunit) => client.products.export()],
  ['an export of orders', (client: Lastunit) => client.orders.export()],
  ['an erasure', (client: Lastunit) => client.buyers.erase('buyer-1')],
])('an attempt of %s may take longer than others', async (_name, call) => {
  const api = await scriptedApi(answerLate);
  await expect(call(clientFor(api, { timeoutMs: 50, retries: 0 }))).resolves.toBeDefined();
});

test('an export is repeated if it is cut, but not after its time', async () => {
  const api = await scriptedApi(cut, silent);
  const exporting = clientFor(api).orders.export({}, { timeoutMs: 4_000 });
  await expect(exporting).rejects.toBeInstanceOf(ConnectionError);
  expect(api.seen).toHaveLength(2);
});

test.each([2 ** 31, Number.POSITIVE_INFINITY])(
  'a timeout of %d ms does not end an attempt at once',
  async (timeoutMs) => {
    const late: Answer = (response) =>
      void setTimeout(() => json(200, { id: 'ord_1' })(response), 100);
    const api = await scriptedApi(late);
    expect(await clientFor(api, { timeoutMs, retries: 0 }).orders.get('ord_1')).toEqual({
      id: 'ord_1',
    });
  },
);

test('an error has the code, the fields and the members of the problem', async () => {
  const errors = [{ path: 'lines.0.quantity', message: 'Too small.' }];
  const body = { status: 409, code: 'cart_checked_out', detail: 'It is.', checkoutId: 'chk_1' };
  const api = await scriptedApi(json(409, { ...body, errors, requestId: 'r-1' }));
  const error = await clientFor(api)
    .checkouts.create(LINES)
    .catch((thrown: unknown) => thrown);
  if (!(error instanceof ApiError)) throw error;
  expect(error).toMatchObject({ kind: 'api', status: 409, code: 'cart_checked_out', errors });
  expect(error.requestId).toBe('r-1');
  expect(error.problem.checkoutId).toBe('chk_1');
  expect(error.isOutcomeUnknown).toBe(false);
});

test.each([
  [408, 'request_timeout', false],
  [408, 'upload_incomplete', true],
  [503, 'overloaded', false],
  [503, 'service_unavailable', true],
  [422, 'invalid_request', false],
])(
  'after %i %s it is unknown whether the request took effect: %s',
  async (status, code, isUnknown) => {
    const api = await scriptedApi(problem(status, code));
    const call = clientFor(api, { retries: 0 }).orders.get('ord_1');
    await expect(call).rejects.toMatchObject({ code, isOutcomeUnknown: isUnknown });
  },
);

test('an answer that is not a problem document is an error without a known code', async () => {
  const api = await scriptedApi((response) => response.writeHead(400).end('<h1>No</h1>'));
  const call = clientFor(api).orders.get('ord_1');
  await expect(call).rejects.toMatchObject({
    ...{ status: 400, code: 'unknown_error', errors: [] },
    message: '400 unknown_error: no details',
  });
});

test('requests a token for each attempt, and encodes ids', async () => {
  const api = await scriptedApi(problem(503, 'overloaded', { 'retry-after': '0' }), json(200, {}));
  let tokens = 0;
  const buyerToken = () => Promise.resolve(`token-${++tokens}`);
  await new Lastunit({ baseUrl: `${api.url}/`, buyerToken }).carts.get('crt/1?x');
  const authorizations = api.seen.map(({ headers }) => headers.authorization);
  expect(authorizations).toEqual(['Bearer token-1', 'Bearer token-2']);
  expect(api.seen[0]?.url).toBe('/v1/carts/crt%2F1%3Fx');
});

test('a change can be conditional, and the answer’s headers can be read', async () => {
  const api = await scriptedApi(json(200, {}, { etag: '"r7"' }));
  let etag: string | null = null;
  const onResponse = ({ headers }: Response) => {
    etag = headers.get('etag');
  };
  await clientFor(api).carts.setLine(
    'crt_1',
    'var_1',
    { quantity: 2 },
    { ifMatch: '"r6"', onResponse },
  );
  expect(api.seen[0]?.headers['if-match']).toBe('"r6"');
  expect(etag).toBe('"r7"');
});

test('a list reads page after page, and only the pages that are needed', async () => {
  const pages = [
    json(200, { items: [{ id: 'ord_1' }, { id: 'ord_2' }], nextCursor: 'next' }),
    json(200, { items: [{ id: 'ord_3' }], nextCursor: null }),
  ] as const;
  const api = await scriptedApi(...pages);
  const ids: string[] = [];
  for await (const { id } of clientFor(api).orders.list({ status: 'pending' })) ids.push(id);
  expect(ids).toEqual(['ord_1', 'ord_2', 'ord_3']);
  const urls = ['/v1/orders?status=pending', '/v1/orders?status=pending&cursor=next'];
  expect(api.seen.map(({ url }) => url)).toEqual(urls);
  const short = await scriptedApi(...pages);
  expect(await clientFor(short).orders.list().toArray(2)).toHaveLength(2);
  expect(short.seen).toHaveLength(1);
});
