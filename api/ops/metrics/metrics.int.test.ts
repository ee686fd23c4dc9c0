import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import { projectRoot } from '../../../shared/runtime/env.ts';
import { createApp } from '../../app.ts';
import { givenForSale } from '../../testing/requests.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import { asOperator, callOps } from '../testing/ops-calls.ts';

const api = await openTestApi();

async function scrape(): Promise<string> {
  const { status, headers, text } = await callOps(api.url, { method: 'GET', path: '/metrics' });
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return text;
}

const figure = (text: string, name: string): string | undefined =>
  text
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);

test('the metrics contain accepted checkouts, durations and the state of the system', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const request = { buyerId: 'buyer-1', lines: [{ variantId, quantity: 1 }] };
  for (const key of ['one', 'two', 'two']) {
    await api.shopA.post('/v1/checkouts', request, { 'idempotency-key': key });
  }
  await api.shopA.post('/v1/checkouts', {}, { 'idempotency-key': 'three' });
  const text = await scrape();
  expect(figure(text, 'lastunit_checkouts_accepted_total')).toBe('2');
  const requests = (status: string) =>
    figure(
      text,
      `lastunit_http_request_duration_seconds_count{method="POST",route="/v1/checkouts",status="${status}"}`,
    );
  expect([requests('2xx'), requests('4xx')]).toEqual(['3', '1']);
  expect(figure(text, 'lastunit_queue_jobs{state="waiting"}')).toBe('2');
  expect(figure(text, 'lastunit_queue_jobs{state="failed"}')).toBe('0');
  expect(figure(text, 'lastunit_partition_jobs{partition="0",state="waiting"}')).toBe('2');
  expect(figure(text, 'lastunit_redis_up')).toBe('1');
  expect(figure(text, 'lastunit_mongodb_up')).toBe('1');
  expect(figure(text, 'process_cpu_seconds_total')).toMatch(/^\d/);
  expect(text).not.toContain(variantId);
});

test('the metrics count refused requests by each documented reason, starting at 0', async () => {
  const manual = await readFile(join(projectRoot, 'docs/operations.md'), 'utf8');
  const [, table = ''] = /\n\| `reason` \|.*\n\|.*\n((?:\|.*\n)+)/.exec(manual) ?? [];
  const listed = table.match(/(?<=^\| `)\w+/gm);
  expect(listed?.length).toBeGreaterThan(1);
  const shown = (await scrape()).match(/(?<=^lastunit_requests_shed_total)\{.*/gm);
  expect(shown?.toSorted()).toEqual(listed?.map((reason) => `{reason="${reason}"} 0`).toSorted());
});

test('the metrics contain checkouts that wait for units, and draws', async () => {
  const quiet = await scrape();
  const names = [
    'lastunit_checkouts_waiting',
    'lastunit_checkouts_longest_wait_seconds',
    // The draw stays scheduled, because no worker opens it.
    'lastunit_draws_active{status="scheduled"}',
    'lastunit_draw_entries',
    'lastunit_draw_units_held',
  ];
  expect(names.map((name) => figure(quiet, name))).toEqual(['0', '0', '0', '0', '0']);
  const { variantId } = await givenForSale(api.shopA, { onHand: 3 });
  const lines = [{ variantId, quantity: 1 }];
  const [waitUntil, closesAt] = [600_000, 300_000].map((ms) => new Date(Date.now() + ms));
  const draw = { variantId, quantity: 2, opensAt: new Date(), closesAt };
  const { body } = await api.shopA.post<{ id: string }>('/v1/draws', draw);
  const requests = [
    ...['one', 'two', 'three'].map((buyerId) => ({ buyerId, lines, drawId: body.id })),
    ...['four', 'five'].map((buyerId) => ({ buyerId, lines, whenSoldOut: { waitUntil } })),
  ];
  const ids = await Promise.all(
    requests.map(async (request) => {
      const headers = { 'idempotency-key': `waits-${request.buyerId}` };
      const answer = await api.shopA.post<{ id: string }>('/v1/checkouts', request, headers);
      expect(answer.status).toBe(202);
      return answer.body.id;
    }),
  );
  await settleCheckouts(api.context.ledger, ids.slice(3));
  const text = await scrape();
  expect(names.map((name) => figure(text, name))).toEqual([
    '1',
    expect.stringMatching(/[1-9]/),
    '1',
    '3',
    '2',
  ]);
});

/** Returns the numbers of responses by their labels, e.g. `POST /v1/checkouts 2xx`. */
function countResponses(text: string): ReadonlyMap<string, number> {
  const pattern =
    /^lastunit_http_request_duration_seconds_count\{method="(.+?)",route="(.+?)",status="(.+?)"\} (\d+)$/gm;
  return new Map(
    Array.from(text.matchAll(pattern), ([, method, route, status, count]) => {
      return [`${method} ${route} ${status}`, Number(count)];
    }),
  );
}

test('the metrics measure every response once, by the pattern of its route', async () => {
  const id = 'chk_00000000000000000000000000';
  const calls: readonly [method: string, path: string, headers: object, label: string][] = [
    ['GET', '/ops', asOperator, 'GET /ops 2xx'],
    ['HEAD', '/ops', asOperator, 'GET /ops 2xx'],
    ['GET', '/ops', {}, 'GET /ops 4xx'],
    ['GET', '/ops/search', asOperator, 'GET /ops/search 2xx'],
    ['GET', '/ops/feed', asOperator, 'GET /ops/feed 2xx'],
    ['GET', '/ops/assets/observatory.js', asOperator, 'GET /ops/assets/{name} 2xx'],
    ['GET', '/ops/queues', asOperator, 'GET /ops/queues/* 2xx'],
    ['GET', '/ops/queues/api/queues', asOperator, 'GET /ops/queues/* 2xx'],
    ['PUT', '/ops/queues/api/queues/checkouts/pause', asOperator, 'PUT /ops/queues/* 4xx'],
    ['GET', `/ops/checkouts/${id}`, asOperator, 'GET /ops/checkouts/{id} 4xx'],
    ['GET', '/ops/verdict', {}, 'GET /ops/verdict 4xx'],
    ['GET', '/ops/verdict', asOperator, 'GET /ops/verdict 2xx'],
    ['POST', `/ops/checkouts/${id}/replay`, asOperator, 'POST /ops/checkouts/{id}/replay 4xx'],
    ['GET', '/ops/nothing-is-here', asOperator, 'GET unmatched 4xx'],
    ['GET', '/metrics', {}, 'GET /metrics 4xx'],
    ['GET', '/docs', {}, 'GET /docs 2xx'],
    ['GET', '/docs/errors', {}, 'GET /docs/errors 2xx'],
    ['GET', '/docs/errors/not_found', {}, 'GET /docs/errors/{code} 2xx'],
    ['GET', '/docs/errors/forbidden', {}, 'GET /docs/errors/{code} 2xx'],
    ['GET', '/docs/start.js', {}, 'GET /docs/start.js 2xx'],
    ['GET', '/openapi.json', {}, 'GET /openapi.json 2xx'],
    ['GET', '/draws/drw_1', {}, 'GET /draws/{id} 2xx'],
    ['GET', '/draws/drw_2', {}, 'GET /draws/{id} 2xx'],
    ['GET', '/nothing-is-here', {}, 'GET unmatched 4xx'],
    ['GET', '/v1/nothing-is-here', {}, 'GET unmatched 4xx'],
    ['DELETE', '/v1/checkouts', {}, 'DELETE unmatched 4xx'],
    ['PROPFIND', '/v1/nothing-is-here', {}, 'other unmatched 4xx'],
  ];
  const before = countResponses(await scrape());
  for (const [method, path, headers] of calls)
    await callOps(api.url, { method, path }, { ...headers });
  const after = countResponses(await scrape());
  const grown = Array.from(after, ([label, count]) => [label, count - (before.get(label) ?? 0)]);
  const expected = Map.groupBy(calls, ([, , , label]) => label);
  expect(Object.fromEntries(grown.filter(([, count]) => count !== 0))).toEqual({
    ...Object.fromEntries(Array.from(expected, ([label, sameLabel]) => [label, sameLabel.length])),
    // The first of the two scrapes; the second scrape has not ended.
    'GET /metrics 2xx': 1,
  });
});

test('no middleware runs for a checkout', () => {
  const [handlers] = createApp(api.context).router.match('POST', '/v1/checkouts');
  expect(handlers).toHaveLength(1);
});

test('the metrics contain the number of working workers, from MongoDB', async () => {
  const workers = async () => figure(await scrape(), 'lastunit_workers{state="working"}');
  await expect.poll(workers, { timeout: 10_000 }).toBe('0');
});

test('while Redis is down, the metrics report this and omit the length of the queue', async () => {
  api.context.redis.disconnect();
  await expect
    .poll(async () => figure(await scrape(), 'lastunit_redis_up'), { timeout: 10_000 })
    .toBe('0');
  const text = await scrape();
  expect(text).not.toMatch(/^lastunit_(queue|partition)_jobs\{/m);
  expect(figure(text, 'lastunit_mongodb_up')).toBe('1');
});
