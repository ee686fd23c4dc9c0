import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { startTestApi, TEST_OPERATOR, type TestApi } from '../testing/start-test-api.ts';
import { givenOperator } from './testing/given-operator.ts';
import { asOperator, callOps, login } from './testing/ops-calls.ts';

const GUESSES = 20;
const verdict = { method: 'GET', path: '/ops/verdict' };
const board = { method: 'GET', path: '/ops/queues/' };

let api: TestApi;

beforeAll(async () => {
  const guesses = { perAccount: 1_000, perAddress: GUESSES };
  api = await startTestApi(testNamespace(), { trustedProxies: 1, guesses });
});
afterAll(() => api.close());

function from(address: string, credentials: Readonly<Record<string, string>>) {
  return { ...credentials, 'x-forwarded-for': address };
}

/** The audit entry of a wrong password. Guesses beyond the limit have no entry. */
const expectedEntry = expect.objectContaining({
  outcome: 'refused',
  actor: { kind: 'nobody', id: 'anonymous' },
  target: TEST_OPERATOR.username,
  address: '192.0.2.1',
  requestId: expect.stringMatching(/^req_/),
});

test('wrong passwords of operators are limited by address, over all routes together', async () => {
  const wrong = from('192.0.2.1', login(TEST_OPERATOR.username, 'wrong'));
  const answers = await Promise.all(
    Array.from({ length: 2 * GUESSES }, (_, n) => callOps(api.url, n % 2 ? verdict : board, wrong)),
  );
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(GUESSES);
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  const audited = api.context.store.audit.find({ action: 'ops.login_refused' });
  expect(await audited.toArray()).toEqual(
    statuses.flatMap((status) => (status === 401 ? [expectedEntry] : [])),
  );
  const right = await callOps(api.url, verdict, from('192.0.2.1', asOperator));
  expect([right.status, right.body['code']]).toEqual([429, 'too_many_guesses']);
  expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
  // Other addresses are not locked out.
  expect((await callOps(api.url, verdict, from('192.0.2.2', asOperator))).status).toBe(200);
});

test('wrong passwords of an operator in the database count too, and lock the operator out at that address only', async () => {
  const { name, headers } = await givenOperator(api, 'read-only');
  const answers = await Promise.all(
    Array.from({ length: 2 * GUESSES }, (_, n) =>
      callOps(api.url, verdict, from('192.0.2.4', login(name, `wrong ${n % 3}`))),
    ),
  );
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(GUESSES);
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  expect((await callOps(api.url, verdict, from('192.0.2.4', headers))).status).toBe(429);
  expect((await callOps(api.url, verdict, from('192.0.2.5', headers))).status).toBe(200);
});

test('right passwords do not count, even if many are sent concurrently', async () => {
  const right = from('192.0.2.3', asOperator);
  const answers = await Promise.all(
    Array.from({ length: 5 * GUESSES }, () => callOps(api.url, board, right)),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});

test('PROMISES 31: an audit entry names only operators that exist, and contains no password', async () => {
  const { name } = await givenOperator(api, 'admin');
  const secret = 'a password in the field of the name';
  for (const headers of [login(name, secret), login(secret, ''), login('', secret)]) {
    expect((await callOps(api.url, verdict, from('192.0.2.6', headers))).status).toBe(401);
  }
  expect((await callOps(api.url, verdict, from('192.0.2.6', {}))).status).toBe(401);
  const entries = await api.context.store.audit.find({ address: '192.0.2.6' }).toArray();
  expect(entries.map(({ action, target }) => [action, target])).toEqual([
    ['ops.login_refused', name],
    ['ops.login_refused', undefined],
    ['ops.login_refused', undefined],
  ]);
  expect(JSON.stringify(entries)).not.toContain(secret);
});

test('a wrong password is refused even if it cannot be audited', async () => {
  const writing = vi.spyOn(api.context.audit, 'submit').mockRejectedValue(new Error('no primary'));
  onTestFinished(() => writing.mockRestore());
  const wrong = from('192.0.2.7', login(TEST_OPERATOR.username, 'wrong'));
  expect((await callOps(api.url, verdict, wrong)).status).toBe(401);
  expect(writing).toHaveBeenCalledTimes(1);
});
