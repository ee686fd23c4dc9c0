import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SETTLE_CHECKOUTS } from '../../shared/contract/jobs.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { timed } from '../../shared/testing/timed.ts';
import { PasswordHasher } from '../access/passwords/password-hash.ts';
import { startTestApi, TEST_OPERATOR, type TestApi } from '../testing/start-test-api.ts';
import { everyOpsRoute } from './testing/every-ops-route.ts';
import { givenOperator } from './testing/given-operator.ts';
import { asOperator, callOps, login } from './testing/ops-calls.ts';

const NOTICED_MS = 1_000;

const namespace = testNamespace();
const routes = everyOpsRoute({
  queueName: SETTLE_CHECKOUTS.queue,
  jobId: 'none',
  checkoutId: 'chk_00000000000000000000000000',
});
const page = { method: 'GET', path: '/ops' };
const pause = { method: 'POST', path: '/ops/settling/pause' };
const resume = { method: 'POST', path: '/ops/settling/resume' };

let api: TestApi;
/** Another process of the same system. */
let otherApi: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace, { isOpsWritable: true });
  otherApi = await startTestApi(namespace, { isOpsWritable: true });
});
afterAll(async () => {
  await otherApi?.close();
  await api?.close();
});

async function readAudit(actor: string) {
  const { body } = await callOps(api.url, { method: 'GET', path: '/ops/audit' });
  const items = body['items'] as { action: string; outcome: string; actor: { id: string } }[];
  return items
    .filter(({ actor: { id } }) => id === actor)
    .map(({ action, outcome }) => `${action} ${outcome}`);
}

describe('an admin', () => {
  test('can make changes, and the audit log names the admin', async () => {
    const { name, headers } = await givenOperator(api, 'admin');
    expect((await callOps(api.url, page, headers)).text).toContain('data-action="pause"');
    for (const action of [pause, resume]) {
      expect((await callOps(otherApi.url, action, headers)).status).toBe(200);
    }
    const config = { method: 'GET', path: '/ops/queues/' };
    expect((await callOps(api.url, config, headers)).text).toMatch(/"label":"[a-z]+, writable"/);
    const job = `/ops/queues/api/queues/${SETTLE_CHECKOUTS.queue}/clean/completed`;
    await callOps(api.url, { method: 'PUT', path: job }, headers);
    expect(await readAudit(name)).toEqual([
      'ops.job_changed done',
      'ops.settling_resumed done',
      'ops.settling_paused done',
    ]);
  });

  test('of the environment can make changes too', async () => {
    expect((await callOps(api.url, pause, asOperator)).status).toBe(200);
    expect((await callOps(api.url, resume, asOperator)).status).toBe(200);
    expect(await readAudit(TEST_OPERATOR.username)).toEqual([
      'ops.settling_resumed done',
      'ops.settling_paused done',
    ]);
  });
});

describe('a read-only operator', () => {
  test('sees no actions, and every change is refused', async () => {
    const { name, headers } = await givenOperator(api, 'read-only');
    const observatory = await callOps(api.url, page, headers);
    expect([observatory.status, observatory.text]).toEqual([
      200,
      expect.not.stringMatching(/data-action|id="replay"/),
    ]);
    const board = await callOps(api.url, { method: 'GET', path: '/ops/queues/' }, headers);
    expect(board.text).toMatch(/"label":"[a-z]+, read-only"/);
    const queues = await callOps(
      api.url,
      { method: 'GET', path: '/ops/queues/api/queues' },
      headers,
    );
    const modes = (queues.body['queues'] as { readOnlyMode: boolean }[]).map(
      (queue) => queue.readOnlyMode,
    );
    expect(new Set(modes)).toEqual(new Set([true]));
    const changes = routes.filter(({ method }) => method !== 'GET');
    expect(changes.length).toBeGreaterThan(20);
    for (const change of changes) {
      const { status, body } = await callOps(api.url, change, headers);
      expect([change, status, body['code']]).toEqual([change, 403, 'ops_read_only']);
    }
    expect(await api.context.queue.bull.isPaused()).toBe(false);
    const audited = await api.context.store.audit.find({ 'actor.id': name }).toArray();
    expect(audited.map(({ outcome, target }) => ({ outcome, target }))).toEqual(
      changes.map(({ path }) => ({ outcome: 'refused', target: path })),
    );
    for (const { action, target = '', detail } of audited) {
      const isOnBoard = target.startsWith('/ops/queues');
      expect(action).toBe(isOnBoard ? 'ops.job_changed' : 'ops.change_refused');
      expect(detail?.['code']).toBe(isOnBoard ? undefined : 'ops_read_only');
    }
  });

  test('can read everything', async () => {
    const { headers } = await givenOperator(api, 'read-only');
    for (const route of routes.filter(({ method }) => method === 'GET')) {
      const { status } = await callOps(api.url, route, headers);
      expect([200, 404], `${route.path} ${status}`).toContain(status);
    }
  });
});

describe('a login', () => {
  test('ends in all processes within a second of the operator’s removal, and so do the open feeds', async () => {
    const { name, headers } = await givenOperator(api, 'admin');
    const apis = [api, otherApi];
    const feeds = await Promise.all(apis.map(({ url }) => fetch(`${url}/ops/feed`, { headers })));
    const ends = feeds.map(async ({ body }) => {
      const reader = body?.getReader();
      // Cutting the connection fails the read.
      const readNext = async () => (await reader?.read().catch(() => undefined))?.done === false;
      while (await readNext());
    });
    for (const { url } of apis) expect((await callOps(url, page, headers)).status).toBe(200);
    const { ms } = await timed(async () => {
      await api.context.store.operators.deleteOne({ _id: name });
      for (const { url } of apis) expect((await callOps(url, page, headers)).status).toBe(401);
      await Promise.all(ends);
    });
    expect(ms).toBeLessThan(NOTICED_MS);
  });

  test('with the old password ends when a new password is set', async () => {
    const { name, password, headers } = await givenOperator(api, 'admin');
    expect((await callOps(api.url, page, headers)).status).toBe(200);
    const passwordHash = await new PasswordHasher().hash('another password', 'change');
    await api.context.store.operators.updateOne({ _id: name }, { $set: { passwordHash } });
    expect((await callOps(api.url, page, login(name, password))).status).toBe(401);
    expect((await callOps(api.url, page, login(name, 'another password'))).status).toBe(200);
  });

  test.each([
    ['with a wrong password', (name: string) => login(name, 'wrong')],
    ['without a password', (name: string) => login(name, '')],
    [
      'with a name in another case',
      (name: string) => login(name.toUpperCase(), `the password of ${name}`),
    ],
  ])('%s is refused, also when repeated', async (_, toHeaders) => {
    const { name } = await givenOperator(api, 'admin');
    for (const _attempt of [1, 2]) {
      const { status, body } = await callOps(api.url, page, toHeaders(name));
      expect([status, body['code']]).toEqual([401, 'operator_required']);
    }
  });

  test('with the name of the environment’s operator accepts only the environment’s password', async () => {
    const { headers } = await givenOperator(api, 'admin', TEST_OPERATOR.username);
    expect((await callOps(api.url, page, headers)).status).toBe(401);
    expect((await callOps(api.url, page, asOperator)).status).toBe(200);
  });
});
