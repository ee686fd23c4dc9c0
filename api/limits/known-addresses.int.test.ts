import { afterAll, describe, expect, test } from 'vitest';
import { givenSeller } from '../testing/sessions.ts';
import { countStatus, openGuessing, PER_ACCOUNT, PER_ADDRESS } from './testing/open-guessing.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const { apis, clock, guess, newAddress } = await openGuessing();
afterAll(() => Promise.all(apis.map((api) => api.close())));

describe('guesses from other addresses do not lock the owner out', () => {
  const lockOutUnknownAddresses = async (email: string) => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => guess(n, email)));
    expect(countStatus(answers, 429)).toBe(20 - PER_ACCOUNT);
    expect((await guess(0, email)).status).toBe(429);
  };

  test('a known address can log in while all unknown addresses are locked out', async () => {
    const owner = await givenSeller(apis[0]);
    const home = newAddress();
    expect((await guess(0, owner.email, home, owner.password)).status).toBe(200);
    await lockOutUnknownAddresses(owner.email);
    for (let n = 0; n < 2 * PER_ACCOUNT; n += 1) {
      expect((await guess(n, owner.email, home, owner.password)).status).toBe(200);
    }
    // The logins do not reset the count of other addresses.
    expect((await guess(1, owner.email)).status).toBe(429);
    expect((await guess(1, owner.email, newAddress(), owner.password)).status).toBe(429);
  });

  test('a known address has its own count of guesses at its account', async () => {
    const [owner, other] = [await givenSeller(apis[0]), await givenSeller(apis[0])];
    const home = newAddress();
    expect((await guess(0, owner.email, home, owner.password)).status).toBe(200);
    const guessConcurrently = (email: string) =>
      Promise.all(Array.from({ length: 20 }, (_, n) => guess(n, email, home)));
    expect(countStatus(await guessConcurrently(owner.email), 401)).toBe(PER_ACCOUNT);
    expect((await guess(0, owner.email, home, owner.password)).status).toBe(429);
    expect((await guess(0, owner.email, newAddress(), owner.password)).status).toBe(200);
    expect(countStatus(await guessConcurrently(other.email), 401)).toBe(PER_ACCOUNT);
  });

  test('all addresses of one /64 count as one known address', async () => {
    const owner = await givenSeller(apis[0]);
    expect((await guess(0, owner.email, '2001:db8:7:1::1', owner.password)).status).toBe(200);
    await lockOutUnknownAddresses(owner.email);
    const neighbour = '[2001:DB8:7:1:ffff::2]:443';
    expect((await guess(0, owner.email, neighbour, owner.password)).status).toBe(200);
    expect((await guess(0, owner.email, '2001:db8:7:2::1', owner.password)).status).toBe(429);
  });

  test('wrong guesses at other accounts do not lock a known address out of its own account', async () => {
    const owner = await givenSeller(apis[0]);
    const office = newAddress();
    expect((await guess(0, owner.email, office, owner.password)).status).toBe(200);
    for (let n = 0; n < PER_ADDRESS + 3; n += 1) await guess(n, `no-${n}@shops.example`, office);
    expect((await guess(0, 'unknown@other.example', office)).status).toBe(429);
    expect((await guess(0, owner.email, office, owner.password)).status).toBe(200);
  });

  test('an address is known for 30 days after the last login from it', async () => {
    const owner = await givenSeller(apis[0]);
    const home = newAddress();
    for (const days of [0, 29, 58]) {
      clock.aheadMs = days * DAY_MS;
      expect((await guess(0, owner.email, home, owner.password)).status).toBe(200);
    }
    await lockOutUnknownAddresses(owner.email);
    clock.aheadMs = 87 * DAY_MS;
    expect((await guess(0, owner.email, home, owner.password)).status).toBe(200);
    clock.aheadMs = 118 * DAY_MS;
    expect((await guess(0, owner.email, home, owner.password)).status).toBe(429);
  });

  test('after a change of the password only the address that changed it is known', async () => {
    const owner = await givenSeller(apis[0]);
    const [thief, home] = [newAddress(), newAddress()];
    expect((await guess(0, owner.email, thief, owner.password)).status).toBe(200);
    const body = { currentPassword: owner.password, newPassword: 'quite another password' };
    const headers = { 'x-forwarded-for': home };
    expect((await owner.post('/v1/auth/password', body, headers)).status).toBe(200);
    await lockOutUnknownAddresses(owner.email);
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
