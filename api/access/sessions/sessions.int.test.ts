import { hash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ApiClient } from '../../../shared/testing/api-client.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { loseCommits } from '../../../shared/testing/lose-commits.ts';
import { promiseRuns } from '../../../shared/testing/promises.ts';
import { auditOf, type GivenTokens, givenSeller, logIn, refresh } from '../../testing/sessions.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const RACES = promiseRuns(20, 4);
const RACERS = 50;
/** Every process refuses an ended session within this time. */
const REFUSED_WITHIN_MS = 5_000;

const namespace = testNamespace();
let api: TestApi;
let otherApi: TestApi;

/** Two APIs of one system. */
beforeAll(async () => {
  api = await startTestApi(namespace);
  otherApi = await startTestApi(namespace, { secrets: api.context.config.secrets });
});
afterEach(() => void vi.restoreAllMocks());
afterAll(() => Promise.all([api.close(), otherApi.close()]));

interface Page {
  readonly items: readonly { readonly id: string; readonly current: boolean }[];
  readonly nextCursor: string | null;
}

function readStatus(at: TestApi, { accessToken }: GivenTokens): Promise<number> {
  const headers = { authorization: `Bearer ${accessToken}` };
  return at.anonymous.get('/v1/shop', headers).then(({ status }) => status);
}

/** Returns the targets and details of the requests to end sessions, from the audit log of a shop. */
async function endsOf(seller: ApiClient) {
  const entries = (await auditOf(seller)).filter(({ action }) => action === 'session.ended');
  return entries.map(({ target, detail }) => [target, detail]);
}

describe('PROMISES 22: a refresh token', () => {
  test('works once; its reuse ends the session and adds an audit entry', async () => {
    const first = await givenSeller(api);
    const second = (await refresh(api, first.refreshToken)).body;
    const third = (await refresh(otherApi, second.refreshToken)).body;
    for (const tokens of [first, second, third]) expect(await readStatus(api, tokens)).toBe(200);

    const replay = await refresh(api, first.refreshToken);
    expect(replay).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect((await refresh(api, third.refreshToken)).status).toBe(401);
    for (const tokens of [first, second, third]) expect(await readStatus(api, tokens)).toBe(401);
    await expect.poll(() => readStatus(otherApi, third), { timeout: REFUSED_WITHIN_MS }).toBe(401);

    const again = await logIn(api, first);
    const reuses = (await auditOf(again)).filter(
      ({ action }) => action === 'session.refresh_reused',
    );
    expect(reuses[0]).toMatchObject({ outcome: 'refused', target: expect.stringMatching(/^ses_/) });
  });

  test('that has expired is refused and does not count as a reuse', async () => {
    const first = await givenSeller(api);
    const expired = { $set: { expiresAt: new Date() } };
    const _id = hash('sha256', first.refreshToken);
    await api.context.store.refreshTokens.updateOne({ _id }, expired);
    expect((await refresh(api, first.refreshToken)).status).toBe(401);
    expect(await readStatus(api, first)).toBe(200);
    const actions = (await auditOf(await logIn(api, first))).map(({ action }) => action);
    expect(actions).not.toContain('session.refresh_reused');
  });

  test(`can be exchanged by exactly one of ${RACERS} concurrent callers, in each of ${RACES} races`, {
    timeout: 120_000,
  }, async () => {
    for (let race = 0; race < RACES; race += 1) {
      const seller = await givenSeller(api);
      const answers = await Promise.all(
        Array.from({ length: RACERS }, (_, n) =>
          refresh(n % 2 === 0 ? api : otherApi, seller.refreshToken),
        ),
      );
      const refreshed = answers.filter(({ status }) => status === 200);
      expect(refreshed).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(RACERS - 1);
      // The token was used twice, so the tokens of the session no longer work.
      const { refreshToken } = refreshed[0]?.body ?? { refreshToken: '' };
      expect((await refresh(api, refreshToken)).status).toBe(401);
      const stored = { shopId: seller.shopId, usedAt: { $exists: false } };
      expect(await api.context.store.refreshTokens.countDocuments(stored)).toBeLessThanOrEqual(1);
    }
  });

  test('is refused if it is changed or unknown, and so is an access token or a token hash', async () => {
    const seller = await givenSeller(api);
    const stored = await api.context.store.refreshTokens.findOne({ shopId: seller.shopId });
    const texts = [
      seller.accessToken.slice(0, 100),
      stored?._id ?? '',
      `${seller.refreshToken}x`,
      seller.refreshToken.slice(0, -1),
      seller.refreshToken.toUpperCase(),
      `lur_${'A'.repeat(43)}`,
    ];
    for (const token of texts) expect((await refresh(api, token)).status).toBe(401);
    expect((await refresh(api, seller.refreshToken)).status).toBe(200);
  });

  test.each([
    ['missing', {}],
    ['a query operator', { refreshToken: { $exists: true } }],
    ['a number', { refreshToken: 1 }],
    ['a very long text', { refreshToken: 'x'.repeat(1_000) }],
    ['an unknown field', { refreshToken: 'x', shopId: 'shp_1' }],
  ])('is refused as bad input: %s', async (_, body) => {
    expect((await api.anonymous.post('/v1/auth/refresh', body)).status).toBe(400);
  });
});

describe('PROMISES 22: what ends sessions', () => {
  test('a logout ends the session of the caller in every process, and no other', async () => {
    const seller = await givenSeller(api);
    const second = await logIn(api, seller);
    expect(await readStatus(otherApi, seller)).toBe(200);
    expect((await seller.post('/v1/auth/logout')).status).toBe(204);
    expect(await readStatus(api, seller)).toBe(401);
    await expect.poll(() => readStatus(otherApi, seller), { timeout: REFUSED_WITHIN_MS }).toBe(401);
    expect((await refresh(api, seller.refreshToken)).status).toBe(401);
    expect(await readStatus(api, second)).toBe(200);
    expect(await endsOf(second)).toEqual([[expect.stringMatching(/^ses_/), { reason: 'logout' }]]);
    expect((await refresh(api, second.refreshToken)).status).toBe(200);
  });

  test('a logout everywhere ends all sessions of the shop, but none of another shop', async () => {
    const [seller, stranger] = [await givenSeller(api), await givenSeller(api)];
    const second = await logIn(api, seller);
    expect((await seller.post('/v1/auth/logout-everywhere')).status).toBe(204);
    for (const tokens of [seller, second]) {
      expect(await readStatus(api, tokens)).toBe(401);
      expect((await refresh(api, tokens.refreshToken)).status).toBe(401);
    }
    expect(await readStatus(api, stranger)).toBe(200);
    const ended = [seller.shopId, { reason: 'logout', sessions: 2 }];
    expect(await endsOf(await logIn(api, seller))).toEqual([ended]);
  });

  test('a new password ends all sessions and starts a new one', async () => {
    const seller = await givenSeller(api);
    const second = await logIn(api, seller);
    const newPassword = 'quite another password';
    const body = { currentPassword: seller.password, newPassword };
    const changed = await seller.post<GivenTokens>('/v1/auth/password', body);
    expect(changed.status).toBe(200);
    for (const tokens of [seller, second]) {
      expect(await readStatus(api, tokens)).toBe(401);
      expect((await refresh(api, tokens.refreshToken)).status).toBe(401);
    }
    expect(await readStatus(api, changed.body)).toBe(200);
    const { email } = seller;
    const old = { email, password: seller.password };
    expect((await api.anonymous.post('/v1/auth/login', old)).status).toBe(401);
    const entries = await auditOf(await logIn(api, { email, password: newPassword }));
    expect(entries).toContainEqual(
      expect.objectContaining({ action: 'shop.password_changed', detail: { sessions: 2 } }),
    );
  });

  test('a password change that cannot end the sessions changes nothing, and a repeat succeeds', async () => {
    const seller = await givenSeller(api);
    const second = await logIn(api, seller);
    const body = { currentPassword: seller.password, newPassword: 'quite another password' };
    const ending = vi.spyOn(api.context.store.sessions, 'updateMany');
    ending.mockRejectedValueOnce(new Error('no primary'));
    expect((await seller.post('/v1/auth/password', body)).status).toBe(500);
    expect(await logIn(api, seller)).toHaveProperty('accessToken');
    expect((await seller.post('/v1/auth/password', body)).status).toBe(200);
    for (const tokens of [seller, second])
      expect((await refresh(api, tokens.refreshToken)).status).toBe(401);
  });

  test('a password change whose commit is reported as unknown ends the sessions and is audited once', async () => {
    const seller = await givenSeller(api);
    const body = { currentPassword: seller.password, newPassword: 'quite another password' };
    const commits = loseCommits(api.context.store, 6);
    expect((await seller.post('/v1/auth/password', body)).status).toBe(200);
    expect(commits.left()).toBe(0);
    expect((await refresh(api, seller.refreshToken)).status).toBe(401);
    const { email } = seller;
    const entries = await auditOf(await logIn(api, { email, password: body.newPassword }));
    const changes = entries.filter(({ action }) => action === 'shop.password_changed');
    expect(changes).toMatchObject([{ outcome: 'done', detail: { sessions: 1 } }]);
  });

  test('a login during a password change starts no session that outlives the change', async () => {
    const seller = await givenSeller(api);
    const body = { currentPassword: seller.password, newPassword: 'quite another password' };
    const { email, password } = seller;
    const [, ...logins] = await Promise.all([
      seller.post('/v1/auth/password', body),
      ...Array.from({ length: 10 }, (_, n) =>
        (n % 2 === 0 ? api : otherApi).anonymous.post<GivenTokens>('/v1/auth/login', {
          email,
          password,
        }),
      ),
    ]);
    for (const { status, body: tokens } of logins) {
      if (status === 200) expect((await refresh(api, tokens.refreshToken)).status).toBe(401);
    }
  });

  test.each([
    [
      'the wrong password',
      { currentPassword: 'not this one', newPassword: 'a good password' },
      401,
    ],
    ['no current password', { newPassword: 'a good password' }, 400],
    ['a short new password', { currentPassword: 'x', newPassword: 'short' }, 400],
    [
      'a query operator as current password',
      { currentPassword: { $ne: '' }, newPassword: 'a good password' },
      400,
    ],
  ])('changing the password with %s is refused', async (_, body, status) => {
    const seller = await givenSeller(api);
    expect((await seller.post('/v1/auth/password', body)).status).toBe(status);
    expect(await readStatus(api, seller)).toBe(200);
    expect(await logIn(api, seller)).toHaveProperty('accessToken');
  });
});

describe('the list of sessions', () => {
  test('has pages, newest first, and contains no tokens', async () => {
    const seller = await givenSeller(api);
    for (let n = 0; n < 4; n += 1) await logIn(api, seller);
    const seenIds: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const path: string = `/v1/auth/sessions?limit=2${next && `&cursor=${next}`}`;
      const { body }: { body: Page } = await seller.get<Page>(path);
      seenIds.push(...body.items.map(({ id }) => id));
      next = body.nextCursor;
    }
    expect(seenIds).toHaveLength(5);
    expect(seenIds).toEqual(seenIds.toSorted().toReversed());
    const { body } = await seller.get<Page>('/v1/auth/sessions');
    expect(body.items.filter(({ current }) => current).map(({ id }) => id)).toEqual([seenIds[4]]);
    expect(Object.keys(body.items[0] ?? {}).toSorted()).toEqual([
      'address',
      'createdAt',
      'current',
      'expiresAt',
      'id',
      'lastUsedAt',
      'userAgent',
    ]);
    expect((await seller.get('/v1/auth/sessions?limit=2&shopId=x')).status).toBe(400);
  });

  test('contains only sessions of the caller’s shop, and no shop can end sessions of another', async () => {
    const [seller, stranger] = [await givenSeller(api), await givenSeller(api)];
    const second = await logIn(api, seller);
    const { body } = await seller.get<Page>('/v1/auth/sessions');
    const id = body.items[0]?.id ?? '';
    const path = `/v1/auth/sessions/${id}`;
    expect((await stranger.send('DELETE', path)).status).toBe(404);
    expect(await readStatus(api, second)).toBe(200);
    expect((await seller.send('DELETE', path)).status).toBe(204);
    expect(await readStatus(api, second)).toBe(401);
    expect((await refresh(api, second.refreshToken)).status).toBe(401);
    expect((await seller.send('DELETE', path)).status).toBe(404);
    expect(await readStatus(api, seller)).toBe(200);
    expect(await endsOf(seller)).toEqual([[id, { reason: 'ended' }]]);
  });
});

test.each([
  ['POST', '/v1/auth/logout'],
  ['POST', '/v1/auth/logout-everywhere'],
  ['POST', '/v1/auth/password'],
  ['GET', '/v1/auth/sessions'],
  ['DELETE', '/v1/auth/sessions/ses_1'],
  ['GET', '/v1/shop'],
  ['PATCH', '/v1/shop'],
  ['GET', '/v1/shop/audit'],
])('%s %s requires a session of a shop', async (method, path) => {
  expect(await api.shopA.send(method, path)).toMatchObject({
    status: 403,
    body: { code: 'forbidden' },
  });
  expect((await api.anonymous.send(method, path)).status).toBe(401);
});
