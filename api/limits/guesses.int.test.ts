import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import {
  auditOf,
  type GivenSeller,
  givenSeller,
  logIn,
  signupRequest,
} from '../testing/sessions.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const PER_ACCOUNT = 5;
const PER_ADDRESS = 12;
const WINDOW_S = 15 * 60;

const namespace = testNamespace();
let apis: readonly [TestApi, TestApi];
let seller: GivenSeller;
let addresses = 0;

/** The clock of the API; Redis has its own for the windows of limits. */
const clock = { aheadMs: 0, now: () => new Date(Date.now() + clock.aheadMs) };
const DAY_MS = 24 * 60 * 60 * 1_000;

/** Two processes of one system. */
beforeAll(async () => {
  const guesses = { perAccount: PER_ACCOUNT, perAddress: PER_ADDRESS };
  const start = () => startTestApi(namespace, { guesses, trustedProxies: 1, clock });
  apis = [await start(), await start()];
  seller = await givenSeller(apis[0]);
});
beforeEach(() => {
  clock.aheadMs = 0;
});
afterAll(() => Promise.all(apis.map((api) => api.close())));

function newAddress(): string {
  addresses += 1;
  return `198.51.${100 + Math.floor(addresses / 250)}.${addresses % 250}`;
}

/** Tries a login, alternating between the two processes. */
function guess(n: number, email: string, address = newAddress(), password = 'a wrong password') {
  const api = apis[n % 2 === 0 ? 0 : 1];
  const headers = { 'x-forwarded-for': address };
  return api.anonymous.post('/v1/auth/login', { email, password }, headers);
}

function countOf(answers: readonly { readonly status: number }[], status: number): number {
  return answers.filter((answer) => answer.status === status).length;
}

test('right passwords are not limited, even many at once', async () => {
  const sessions = Array.from({ length: 30 }, (_, n) => logIn(apis[n % 2 === 0 ? 0 : 1], seller));
  expect(await Promise.all(sessions)).toHaveLength(30);
});

test('wrong passwords of an account are limited from all addresses, whether or not it exists', async () => {
  for (const email of [seller.email, 'nobody@shops.example']) {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => guess(n, email)));
    expect([countOf(answers, 401), countOf(answers, 429)]).toEqual([PER_ACCOUNT, 20 - PER_ACCOUNT]);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body.code).toBe('too_many_guesses');
    const retryAfterS = Number(refused?.headers.get('retry-after'));
    expect(retryAfterS).toBeGreaterThan(WINDOW_S - 60);
    expect(retryAfterS).toBeLessThanOrEqual(WINDOW_S);
  }
  // The right one is refused as well, so that the guesser does not learn it.
  expect((await guess(1, seller.email, newAddress(), seller.password)).status).toBe(429);
});

test('a right password resets the count of wrong ones', async () => {
  const other = await givenSeller(apis[0]);
  for (let round = 0; round < 3; round += 1) {
    for (let n = 1; n < PER_ACCOUNT; n += 1) {
      expect((await guess(n, other.email)).status).toBe(401);
    }
    expect((await guess(round, other.email, newAddress(), other.password)).status).toBe(200);
  }
});

describe('strangers cannot lock the owner out', () => {
  const lockOut = async (email: string) => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => guess(n, email)));
    expect(countOf(answers, 429)).toBe(20 - PER_ACCOUNT);
    expect((await guess(0, email)).status).toBe(429);
  };

  test('a known address can log in while they guess', async () => {
    const owner = await givenSeller(apis[0]);
    const home = newAddress();
    expect((await guess(0, owner.email, home, owner.password)).status).toBe(200);
    await lockOut(owner.email);
    for (let n = 0; n < 2 * PER_ACCOUNT; n += 1) {
      expect((await guess(n, owner.email, home, owner.password)).status).toBe(200);
    }
    // The login gives the strangers no more guesses, and does not admit other addresses.
    expect((await guess(1, owner.email)).status).toBe(429);
    expect((await guess(1, owner.email, newAddress(), owner.password)).status).toBe(429);
  });

  test('a known address has as many guesses at that account as all others together', async () => {
    const [owner, other] = [await givenSeller(apis[0]), await givenSeller(apis[0])];
    const home = newAddress();
    expect((await guess(0, owner.email, home, owner.password)).status).toBe(200);
    const atOnce = (email: string) =>
      Promise.all(Array.from({ length: 20 }, (_, n) => guess(n, email, home)));
    expect(countOf(await atOnce(owner.email), 401)).toBe(PER_ACCOUNT);
    expect((await guess(0, owner.email, home, owner.password)).status).toBe(429);
    expect((await guess(0, owner.email, newAddress(), owner.password)).status).toBe(200);
    expect(countOf(await atOnce(other.email), 401)).toBe(PER_ACCOUNT);
  });

  test('all addresses of one /64 count as one known address', async () => {
    const owner = await givenSeller(apis[0]);
    expect((await guess(0, owner.email, '2001:db8:7:1::1', owner.password)).status).toBe(200);
    await lockOut(owner.email);
    const neighbour = '[2001:DB8:7:1:ffff::2]:443';
    expect((await guess(0, owner.email, neighbour, owner.password)).status).toBe(200);
    expect((await guess(0, owner.email, '2001:db8:7:2::1', owner.password)).status).toBe(429);
  });

  test('wrong guesses at other accounts from the same address do not affect it', async () => {
    const owner = await givenSeller(apis[0]);
    const office = newAddress();
    expect((await guess(0, owner.email, office, owner.password)).status).toBe(200);
    for (let n = 0; n < PER_ADDRESS + 3; n += 1) await guess(n, `no-${n}@shops.example`, office);
    expect((await guess(0, 'nobody@other.example', office)).status).toBe(429);
    expect((await guess(0, owner.email, office, owner.password)).status).toBe(200);
  });

  test('an address is known for 30 days after its last login', async () => {
    const owner = await givenSeller(apis[0]);
    const home = newAddress();
    for (const days of [0, 29, 58]) {
      clock.aheadMs = days * DAY_MS;
      expect((await guess(0, owner.email, home, owner.password)).status).toBe(200);
    }
    await lockOut(owner.email);
    clock.aheadMs = 87 * DAY_MS;
    expect((await guess(0, owner.email, home, owner.password)).status).toBe(200);
    clock.aheadMs = 118 * DAY_MS;
    expect((await guess(0, owner.email, home, owner.password)).status).toBe(429);
  });

  test('a new password forgets all known addresses but that of the change', async () => {
    const owner = await givenSeller(apis[0]);
    const [thief, home] = [newAddress(), newAddress()];
    expect((await guess(0, owner.email, thief, owner.password)).status).toBe(200);
    const body = { currentPassword: owner.password, newPassword: 'quite another password' };
    const headers = { 'x-forwarded-for': home };
    expect((await owner.post('/v1/auth/password', body, headers)).status).toBe(200);
    await lockOut(owner.email);
    expect((await guess(0, owner.email, thief, body.newPassword)).status).toBe(429);
    expect((await guess(0, owner.email, home, body.newPassword)).status).toBe(200);
  });

  test('only the latest twenty addresses are known', async () => {
    const owner = await givenSeller(apis[0]);
    const used = Array.from({ length: 25 }, () => newAddress());
    for (const address of used) {
      expect((await guess(0, owner.email, address, owner.password)).status).toBe(200);
    }
    const shop = await apis[0].context.store.shops.findOne({ email: owner.email });
    const known = shop?.knownAddresses?.map(({ network }) => network);
    expect(known).toEqual(used.slice(-20).reverse());
  });
});

test('a guess that is refused for its account does not count for its address', async () => {
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

test('each kind of guesses is counted separately', async () => {
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
  expect((await guess(0, 'nobody@kinds.example', address)).status).toBe(429);
  const fine = { currentPassword: victim.password, newPassword: 'another good password' };
  expect((await victim.post('/v1/auth/password', fine, headers)).status).toBe(200);
});

test('different spellings of an address count as one', async () => {
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
  expect(countOf(answers, 401)).toBe(PER_ADDRESS);
  const networks = Array.from({ length: 40 }, (_, n) => `2001:db8:9:1:${n + 1}::${n + 1}`);
  const ofNetwork = await Promise.all(
    networks.map((address, n) => guess(n, `no-${n}@network.example`, address)),
  );
  expect(countOf(ofNetwork, 401)).toBe(PER_ADDRESS);
});

test('audit entries contain the full address', async () => {
  const owner = await givenSeller(apis[0]);
  await guess(0, owner.email, '[2001:DB8:0:5::00a1]:5555', owner.password);
  const entries = await auditOf(await logIn(apis[0], owner));
  const addresses = entries.filter(({ action }) => action === 'session.started');
  expect(addresses.at(-1)?.address).toBe('2001:db8:0:5::a1');
});

test('wrong passwords from one address are limited over all accounts', async () => {
  const address = newAddress();
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) => guess(n, `nobody-${n}@shops.example`, address)),
  );
  expect([countOf(answers, 401), countOf(answers, 429)]).toEqual([PER_ADDRESS, 30 - PER_ADDRESS]);
  const other = await givenSeller(apis[0]);
  expect((await guess(0, other.email, address, other.password)).status).toBe(429);
  expect((await guess(0, other.email, newAddress(), other.password)).status).toBe(200);
});

test('sign-ups with taken e-mail addresses are limited, other sign-ups are not', async () => {
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

test('sign-ups with weak passwords are limited, and not estimated beyond the limit', async () => {
  const headers = { 'x-forwarded-for': newAddress() };
  const weak = () => signupRequest({ password: 'password1234' });
  const post = () => apis[0].anonymous.post('/v1/auth/signup', weak(), headers);
  const answers = await Promise.all(Array.from({ length: 20 }, post));
  expect([countOf(answers, 422), countOf(answers, 429)]).toEqual([PER_ADDRESS, 20 - PER_ADDRESS]);
  expect((await post()).body.code).toBe('too_many_guesses');
});

test('a new password is estimated only after the current one was right', async () => {
  const other = await givenSeller(apis[0]);
  const headers = { 'x-forwarded-for': newAddress() };
  const body = { currentPassword: 'a wrong password', newPassword: 'password1234' };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => other.post('/v1/auth/password', body, headers)),
  );
  expect([countOf(answers, 401), countOf(answers, 429)]).toEqual([PER_ACCOUNT, 10 - PER_ACCOUNT]);
});

test('guesses at the password inside a session are limited', async () => {
  const other = await givenSeller(apis[0]);
  const headers = { 'x-forwarded-for': newAddress() };
  const body = { currentPassword: 'a wrong password', newPassword: 'another good password' };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => other.post('/v1/auth/password', body, headers)),
  );
  expect([countOf(answers, 401), countOf(answers, 429)]).toEqual([PER_ACCOUNT, 10 - PER_ACCOUNT]);
});

test('Redis contains no e-mail addresses', async () => {
  const keys = await apis[0].context.redis.keys(`${namespace.keyPrefix}:guess:*`);
  expect(keys.length).toBeGreaterThan(0);
  expect(keys.filter((key) => key.includes('@'))).toEqual([]);
});
