import { expect, test } from 'vitest';
import { openTestApi } from '../../testing/start-test-api.ts';
import { callOps } from '../testing/ops-calls.ts';

const api = await openTestApi({ isOpsWritable: true });
const readOnlyApi = await openTestApi();

test('settling is paused and resumed in all partitions, and both are audited', async () => {
  const { queue } = api.context;
  const states = () => Promise.all(queue.bulls.map((bull) => bull.isPaused()));
  const pause = await callOps(api.url, { method: 'POST', path: '/ops/settling/pause' });
  expect([pause.status, pause.body]).toEqual([200, { isPaused: true }]);
  expect(new Set(await states())).toEqual(new Set([true]));
  const resume = await callOps(api.url, { method: 'POST', path: '/ops/settling/resume' });
  expect([resume.status, resume.body]).toEqual([200, { isPaused: false }]);
  expect(new Set(await states())).toEqual(new Set([false]));
  const { body } = await callOps(api.url, { method: 'GET', path: '/ops/audit' });
  expect(body['items']).toMatchObject([
    { action: 'ops.settling_resumed', outcome: 'done', actor: { kind: 'operator' } },
    { action: 'ops.settling_paused', outcome: 'done', actor: { kind: 'operator' } },
  ]);
});

test('the page has actions only while changes are switched on', async () => {
  const page = { method: 'GET', path: '/ops' };
  expect((await callOps(api.url, page)).text).toContain('data-action="pause"');
  const { status, text, headers } = await callOps(readOnlyApi.url, page);
  expect(status).toBe(200);
  expect(text).not.toMatch(/data-action|id="replay"/);
  expect(headers.get('content-security-policy')).not.toMatch(/unsafe|https?:|\*/);
});
