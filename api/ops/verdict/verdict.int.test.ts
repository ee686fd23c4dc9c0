import { expect, test } from 'vitest';
import { RecordJudge } from '../../../shared/ledger/judging/following/record-judge.ts';
import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import { givenCheckouts, givenVariants, toPricedLine } from '../../../shared/testing/builders.ts';
import { rawCollection } from '../../../shared/testing/raw-collection.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import { callOps } from '../testing/ops-calls.ts';

const api = await openTestApi();

const judge = (query = '') => callOps(api.url, { method: 'GET', path: `/ops/verdict${query}` });

test('a verdict covers the whole record or a window of it, and queued checkouts are lost only if the queue has drained', async () => {
  const { store, ledger } = api.context;
  const [shirt] = await givenVariants(store, [{ onHand: 3 }]);
  const lines = [toPricedLine(shirt, 2)];
  const receivedAt = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute));
  const [placed, rejected] = await givenCheckouts(store, [
    { lines, receivedAt: receivedAt(0) },
    { lines, receivedAt: receivedAt(1) },
    { lines, receivedAt: receivedAt(2) },
  ]);
  await settleCheckouts(ledger, [placed?._id ?? '', rejected?._id ?? '']);

  const whole = { accepted: 3, placed: 1, rejected: 1, pending: 1, unitsPlaced: 2, lost: 0 };
  const right = { oversold: 0, undersold: 0, duplicated: 0, drift: 0, inversions: 0, ok: true };
  expect(await judge()).toMatchObject({ status: 200, body: { ...whole, ...right } });
  expect((await judge('?from=2026-01-01T12:01:00Z&to=2026-01-01T12:02:00Z')).body).toMatchObject({
    window: { from: '2026-01-01T12:01:00.000Z', to: '2026-01-01T12:02:00.000Z' },
    accepted: 1,
    rejected: 1,
    ok: true,
  });
  expect((await judge('?drained=true')).body).toMatchObject({ pending: 0, lost: 1, ok: false });
});

test('the latest verdict is stale until a worker has judged, and then lists the faults', async () => {
  const { store, clock } = api.context;
  const latest = () => callOps(api.url, { method: 'GET', path: '/ops/verdict/latest' });
  expect((await latest()).body).toMatchObject({ status: 'stale', checkedUntil: null, faults: [] });
  const judge = new RecordJudge({ store, clock });
  const round = () => judge.round(new AbortController().signal, async () => undefined);
  await round();
  expect((await latest()).body).toMatchObject({ status: 'ok', faultCount: 0, faults: [] });
  const [lamp] = await givenVariants(store, [{ onHand: 3 }]);
  const filter = { _id: lamp.variantId };
  await rawCollection(store, 'stock').updateOne(filter, { $inc: { onHand: 1 } });
  await expect
    .poll(async () => {
      await round();
      return (await latest()).body;
    })
    .toMatchObject({
      status: 'broken',
      faultCount: 1,
      faults: [{ id: lamp.variantId, kinds: ['counter: onHand'] }],
    });
  const { text: metrics } = await callOps(api.url, { method: 'GET', path: '/metrics' });
  expect(metrics).toContain('lastunit_verdict{status="broken"} 1');
  expect(metrics).toContain('lastunit_verdict_faults 1');
  await judge.close();
});

test.each([
  ['?from=yesterday', 'from'],
  ['?to=2026-13-01T00:00:00Z', 'to'],
  ['?from=9999-12-31T23:59:59-05:00', 'from'],
  ['?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'to'],
  ['?drained=perhaps', 'drained'],
  ['?since=2026-01-01T00:00:00Z', 'since'],
])('%s is refused, and the error names %s', async (query, path) => {
  const { status, body } = await judge(query);
  expect([status, body['code']]).toEqual([400, 'invalid_request']);
  expect(body['errors']).toEqual([expect.objectContaining({ path })]);
});
