import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { type GivenSeller, givenSeller, logIn, signupRequest } from '../testing/sessions.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const PER_ACCOUNT = 5;
const PER_ADDRESS = 12;
const WINDOW_S = 15 * 60;

const namespace = testNamespace();
let apis: readonly [TestApi, TestApi];
let seller: GivenSeller;
let addresses = 0;

/** Two processes of one system. */
beforeAll(async () => {
  const guesses = { perAccount: PER_ACCOUNT, perAddress: PER_ADDRESS };
  const start = () => startTestApi(namespace, { guesses, trustedProxies: 1 });
  apis = [await start(), await start()];
  seller = await givenSeller(apis[0]);
});
afterAll(() => Promise.all(apis.map((api) => api.close())));

function newAddress(): string {
  addresses += 1;
  return `198.51.100.${addresses}`;
}

/** Tries a login, every other time with the other process. */
function guess(n: number, email: string, address = newAddress(), password = 'a wrong password') {
  const api = apis[n % 2 === 0 ? 0 : 1];
  const headers = { 'x-forwarded-for': address };
  return api.anonymous.post('/v1/auth/login', { email, password }, headers);
}

function countOf(answers: readonly { readonly status: number }[], status: number): number {
  return answers.filter((answer) => answer.status === status).length;
}

test('right ones are not limited, however many at once', async () => {
  const sessions = Array.from({ length: 30 }, (_, n) => logIn(apis[n % 2 === 0 ? 0 : 1], seller));
  expect(await Promise.all(sessions)).toHaveLength(30);
});

test('wrong ones at an account are, known or not, from wherever they come', async () => {
  for (const email of [seller.email, 'nobody@shops.example']) {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => guess(n, email)));
    expect([countOf(answers, 401), countOf(answers, 429)]).toEqual([PER_ACCOUNT, 20 - PER_ACCOUNT]);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body.code).toBe('too_many_guesses');
    const retryAfterS = Number(refused?.headers.get('retry-after'));
    expect(retryAfterS).toBeGreaterThan(WINDOW_S - 60);
    expect(retryAfterS).toBeLessThanOrEqual(WINDOW_S);
  }
  // So is the right one: who guesses does not learn that it was.
  expect((await guess(1, seller.email, newAddress(), seller.password)).status).toBe(429);
});

test('a right one makes up for the wrong ones before it', async () => {
  const other = await givenSeller(apis[0]);
  for (let round = 0; round < 3; round += 1) {
    for (let n = 1; n < PER_ACCOUNT; n += 1) {
      expect((await guess(n, other.email)).status).toBe(401);
    }
    expect((await guess(round, other.email, newAddress(), other.password)).status).toBe(200);
  }
});

test('wrong ones from one address are limited, at whatever account', async () => {
  const address = newAddress();
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) => guess(n, `nobody-${n}@shops.example`, address)),
  );
  expect([countOf(answers, 401), countOf(answers, 429)]).toEqual([PER_ADDRESS, 30 - PER_ADDRESS]);
  const other = await givenSeller(apis[0]);
  expect((await guess(0, other.email, address, other.password)).status).toBe(429);
  expect((await guess(0, other.email, newAddress(), other.password)).status).toBe(200);
});

test('so is asking by sign-up which e-mail addresses have a shop; signing up is not', async () => {
  const post = (request: object, headers: Record<string, string>) =>
    apis[0].anonymous.post('/v1/auth/signup', request, headers);
  const headers = { 'x-forwarded-for': newAddress() };
  const taken = await Promise.all(
    Array.from({ length: 20 }, () => post(signupRequest({ email: seller.email }), headers)),
  );
  expect([countOf(taken, 409), countOf(taken, 429)]).toEqual([PER_ADDRESS, 20 - PER_ADDRESS]);
  const elsewhere = { 'x-forwarded-for': newAddress() };
  const fresh = await Promise.all(
    Array.from({ length: 2 * PER_ADDRESS }, () => post(signupRequest(), elsewhere)),
  );
  expect(countOf(fresh, 201)).toBe(2 * PER_ADDRESS);
});

test('so are guesses at the password by who has a token of the shop', async () => {
  const other = await givenSeller(apis[0]);
  const headers = { 'x-forwarded-for': newAddress() };
  const body = { currentPassword: 'a wrong password', newPassword: 'another good password' };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => other.post('/v1/auth/password', body, headers)),
  );
  expect([countOf(answers, 401), countOf(answers, 429)]).toEqual([PER_ACCOUNT, 10 - PER_ACCOUNT]);
});

test('Redis learns no e-mail address', async () => {
  const keys = await apis[0].context.redis.keys(`${namespace.keyPrefix}:guess:*`);
  expect(keys.length).toBeGreaterThan(0);
  expect(keys.filter((key) => key.includes('@'))).toEqual([]);
});
