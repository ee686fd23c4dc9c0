import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { runConcurrently } from '../../../shared/testing/run-concurrently.ts';
import { givenSeller, signupRequest } from '../../testing/sessions.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const PER_ADDRESS = 8;
const TOTAL = 40;
const HOUR_S = 60 * 60;
const CONCURRENCY = 6;

const namespace = testNamespace();
let apis: readonly [TestApi, TestApi];

/** Two APIs of one system. */
beforeAll(async () => {
  const signups = { perAddress: PER_ADDRESS, inAll: TOTAL };
  const start = () => startTestApi(namespace, { signups, trustedProxies: 1 });
  apis = [await start(), await start()];
});
afterAll(() => Promise.all(apis.map((api) => api.close())));

function signUp(n: number, address: string, changes: Record<string, unknown> = {}) {
  const headers = { 'x-forwarded-for': address };
  const api = apis[n % 2 === 0 ? 0 : 1];
  return api.anonymous.post('/v1/auth/signup', signupRequest(changes), headers);
}

function countStatus(answers: readonly { readonly status: number }[], status: number): number {
  return answers.filter((answer) => answer.status === status).length;
}

/**
 * On a busy machine a call to Redis may time out; then each process counts only its own sign-ups.
 */
function expectNearly(count: number, expected: number): void {
  expect(count).toBeGreaterThanOrEqual(expected - 2);
  expect(count).toBeLessThanOrEqual(expected + 2);
}

test('sign-ups from one IP address are limited, whatever ports they come from', async () => {
  const signUpFromPort = (n: number) => signUp(n, `192.0.2.1:${50_000 + n}`);
  const answers = await runConcurrently(4 * PER_ADDRESS, CONCURRENCY, signUpFromPort);
  expectNearly(countStatus(answers, 201), PER_ADDRESS);
  expectNearly(countStatus(answers, 429), 3 * PER_ADDRESS);
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.body.code).toBe('too_many_signups');
  const retryAfterS = Number(refused?.headers.get('retry-after'));
  expect(retryAfterS).toBeGreaterThan(HOUR_S - 120);
  expect(retryAfterS).toBeLessThanOrEqual(HOUR_S);
  expect((await signUp(0, '192.0.2.2')).status).toBe(201);
});

test('sign-ups that open no shop do not count towards the limit', async () => {
  const { email } = await givenSeller(apis[0]);
  for (let n = 0; n < 2 * PER_ADDRESS; n += 1) {
    expect((await signUp(n, '192.0.2.3', { email })).status).toBe(409);
    expect((await signUp(n, '192.0.2.3', { password: 'short' })).status).toBe(400);
  }
  const answers = await Promise.all(
    Array.from({ length: PER_ADDRESS }, (_, n) => signUp(n, '192.0.2.3')),
  );
  expect(countStatus(answers, 201)).toBe(PER_ADDRESS);
});

test('a login during as many concurrent sign-ups as the limit allows is answered before the last of them', async () => {
  const seller = await givenSeller(apis[0]);
  let answeredCount = 0;
  const flood = Array.from({ length: PER_ADDRESS }, async (_, n) => {
    const answer = await signUp(2 * n, '192.0.2.4');
    answeredCount += 1;
    return answer;
  });
  const { email, password } = seller;
  const login = await apis[0].anonymous.post('/v1/auth/login', { email, password });
  expect(login.status).toBe(200);
  expect(answeredCount).toBeLessThan(PER_ADDRESS);
  expect(countStatus(await Promise.all(flood), 201)).toBe(PER_ADDRESS);
});

test('the total of sign-ups is limited, and a refused sign-up does not count against its IP address', async () => {
  const store = apis[0].context.store;
  const answers = await runConcurrently(4 * TOTAL, CONCURRENCY, (n) => signUp(n, `203.0.113.${n}`));
  const codes = new Set(answers.map(({ status, body }) => (status === 201 ? '' : body.code)));
  expect(codes).toEqual(new Set(['', 'too_many_signups']));
  expectNearly(await store.shops.countDocuments({ email: /^seller-/ }), TOTAL);
  const keys = await apis[0].context.redis.keys(`${namespace.keyPrefix}:signup:address:*`);
  const counts = await Promise.all(keys.map((key) => apis[0].context.redis.get(key)));
  const counted = counts.reduce((sum, count) => sum + Number(count), 0);
  expectNearly(counted, TOTAL);
});
