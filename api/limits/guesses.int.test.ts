import { afterAll, expect, test, vi } from 'vitest';
import { auditOf, givenSeller, logIn, signupRequest } from '../testing/sessions.ts';
import { countStatus, openGuessing, PER_ACCOUNT, PER_ADDRESS } from './testing/open-guessing.ts';

const WINDOW_S = 15 * 60;
const { apis, guess, keyPrefix, newAddress } = await openGuessing();
afterAll(() => Promise.all(apis.map((api) => api.close())));
const seller = await givenSeller(apis[0]);

test('right passwords are not limited, even with thirty concurrent logins', async () => {
  const sessions = Array.from({ length: 30 }, (_, n) => logIn(apis[n % 2 === 0 ? 0 : 1], seller));
  expect(await Promise.all(sessions)).toHaveLength(30);
});

test('wrong passwords for an account are limited over all addresses, whether or not the account exists', async () => {
  for (const email of [seller.email, 'unknown@shops.example']) {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => guess(n, email)));
    expect([countStatus(answers, 401), countStatus(answers, 429)]).toEqual([
      PER_ACCOUNT,
      20 - PER_ACCOUNT,
    ]);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body.code).toBe('too_many_guesses');
    const retryAfterS = Number(refused?.headers.get('retry-after'));
    expect(retryAfterS).toBeGreaterThan(WINDOW_S - 60);
    expect(retryAfterS).toBeLessThanOrEqual(WINDOW_S);
  }
  // The right password is refused as well, so that the guesser does not learn it.
  expect((await guess(1, seller.email, newAddress(), seller.password)).status).toBe(429);
});

test('a right password resets the count of wrong passwords', async () => {
  const other = await givenSeller(apis[0]);
  for (let round = 0; round < 3; round += 1) {
    for (let n = 1; n < PER_ACCOUNT; n += 1) {
      expect((await guess(n, other.email)).status).toBe(401);
    }
    expect((await guess(round, other.email, newAddress(), other.password)).status).toBe(200);
  }
});

test('a guess that is refused by the limit of its account does not count against the limit of its address', async () => {
  const owner = await givenSeller(apis[0]);
  const address = newAddress();
  for (let n = 0; n < 3 * PER_ADDRESS; n += 1) await guess(n, owner.email, address);
  const other = await givenSeller(apis[0]);
  expect((await guess(0, other.email, address, other.password)).status).toBe(200);
});

test('a guess that could not be checked does not count', async () => {
  const owner = await givenSeller(apis[0]);
  const address = newAddress();
  const verify = vi.spyOn(apis[0].context.passwords, 'verify').mockRejectedValue(new Error('no'));
  for (let n = 0; n < 2 * PER_ADDRESS; n += 1) {
    expect((await guess(0, owner.email, address)).status).toBe(500);
  }
  verify.mockRestore();
  expect((await guess(0, owner.email, address, owner.password)).status).toBe(200);
});

test('each kind of guess is counted separately', async () => {
  const [owner, victim] = [await givenSeller(apis[0]), await givenSeller(apis[0])];
  const address = newAddress();
  const headers = { 'x-forwarded-for': address };
  const basic = `Basic ${Buffer.from('operator:wrong').toString('base64')}`;
  const operator = () =>
    apis[0].anonymous.get('/ops/verdict', { ...headers, authorization: basic });
  const signup = (changes: object = {}) =>
    apis[0].anonymous.post('/v1/auth/signup', signupRequest({ ...changes }), headers);
  const password = { currentPassword: 'a wrong password', newPassword: 'another good password' };
  const change = () => owner.post('/v1/auth/password', password, headers);

  for (let n = 0; n < 2 * PER_ADDRESS; n += 1) await operator();
  expect((await operator()).status).toBe(429);
  for (let n = 0; n < 2 * PER_ADDRESS; n += 1) await signup({ email: victim.email });
  expect((await signup({ email: victim.email })).status).toBe(429);
  for (let n = 0; n < 2 * PER_ACCOUNT; n += 1) await change();
  expect((await change()).status).toBe(429);

  expect((await guess(0, owner.email, address, owner.password)).status).toBe(200);
  for (let n = 0; n < 2 * PER_ADDRESS; n += 1) await guess(n, `no-${n}@shops.example`, address);
  expect((await guess(0, 'unknown@kinds.example', address)).status).toBe(429);
  const rightPassword = { currentPassword: victim.password, newPassword: 'another good password' };
  expect((await victim.post('/v1/auth/password', rightPassword, headers)).status).toBe(200);
});

test('different spellings of an address, and the addresses of one /64, count as one address', async () => {
  const spellings = (n: number) => [
    `203.0.113.77:${40_000 + n}`,
    `::ffff:203.0.113.77`,
    `"203.000.113.077:${n}"`,
    `[::FFFF:cb00:714d]:${n}`,
  ];
  const sent = Array.from({ length: 10 }, (_, n) => spellings(n)).flat();
  const answers = await Promise.all(
    sent.map((address, n) => guess(n, `no-${n}@spelt.example`, address)),
  );
  expect(countStatus(answers, 401)).toBe(PER_ADDRESS);
  const networks = Array.from({ length: 40 }, (_, n) => `2001:db8:9:1:${n + 1}::${n + 1}`);
  const ofNetwork = await Promise.all(
    networks.map((address, n) => guess(n, `no-${n}@network.example`, address)),
  );
  expect(countStatus(ofNetwork, 401)).toBe(PER_ADDRESS);
});

test('the audit entry of a login contains the full address', async () => {
  const owner = await givenSeller(apis[0]);
  await guess(0, owner.email, '[2001:DB8:0:5::00a1]:5555', owner.password);
  const entries = await auditOf(await logIn(apis[0], owner));
  const logins = entries.filter(({ action }) => action === 'session.started');
  expect(logins.at(-1)?.address).toBe('2001:db8:0:5::a1');
});

test('wrong passwords from one address are limited over all accounts', async () => {
  const address = newAddress();
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) => guess(n, `unknown-${n}@shops.example`, address)),
  );
  expect([countStatus(answers, 401), countStatus(answers, 429)]).toEqual([
    PER_ADDRESS,
    30 - PER_ADDRESS,
  ]);
  const other = await givenSeller(apis[0]);
  expect((await guess(0, other.email, address, other.password)).status).toBe(429);
  expect((await guess(0, other.email, newAddress(), other.password)).status).toBe(200);
});

test('sign-ups with taken e-mail addresses are limited, other sign-ups are not', async () => {
  const post = (request: object, headers: Record<string, string>) =>
    apis[0].anonymous.post('/v1/auth/signup', request, headers);
  const headers = { 'x-forwarded-for': newAddress() };
  const takenAnswers = await Promise.all(
    Array.from({ length: 20 }, () => post(signupRequest({ email: seller.email }), headers)),
  );
  expect([countStatus(takenAnswers, 409), countStatus(takenAnswers, 429)]).toEqual([
    PER_ADDRESS,
    20 - PER_ADDRESS,
  ]);
  const elsewhere = { 'x-forwarded-for': newAddress() };
  const freshAnswers = await Promise.all(
    Array.from({ length: 2 * PER_ADDRESS }, () => post(signupRequest(), elsewhere)),
  );
  expect(countStatus(freshAnswers, 201)).toBe(2 * PER_ADDRESS);
});

test('sign-ups with weak passwords are limited', async () => {
  const headers = { 'x-forwarded-for': newAddress() };
  const weak = () => signupRequest({ password: 'password1234' });
  const post = () => apis[0].anonymous.post('/v1/auth/signup', weak(), headers);
  const answers = await Promise.all(Array.from({ length: 20 }, post));
  expect([countStatus(answers, 422), countStatus(answers, 429)]).toEqual([
    PER_ADDRESS,
    20 - PER_ADDRESS,
  ]);
  expect((await post()).body.code).toBe('too_many_guesses');
});

test('the strength of a new password is checked only if the current password is right', async () => {
  const other = await givenSeller(apis[0]);
  const headers = { 'x-forwarded-for': newAddress() };
  const body = { currentPassword: 'a wrong password', newPassword: 'password1234' };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => other.post('/v1/auth/password', body, headers)),
  );
  expect([countStatus(answers, 401), countStatus(answers, 429)]).toEqual([
    PER_ACCOUNT,
    10 - PER_ACCOUNT,
  ]);
});

test('guesses at the password inside a session are limited', async () => {
  const other = await givenSeller(apis[0]);
  const headers = { 'x-forwarded-for': newAddress() };
  const body = { currentPassword: 'a wrong password', newPassword: 'another good password' };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => other.post('/v1/auth/password', body, headers)),
  );
  expect([countStatus(answers, 401), countStatus(answers, 429)]).toEqual([
    PER_ACCOUNT,
    10 - PER_ACCOUNT,
  ]);
});

test('the Redis keys of guesses contain no e-mail addresses', async () => {
  const keys = await apis[0].context.redis.keys(`${keyPrefix}:guess:*`);
  expect(keys.length).toBeGreaterThan(0);
  expect(keys.filter((key) => key.includes('@'))).toEqual([]);
});
