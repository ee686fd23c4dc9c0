import { describe, expect, test } from 'vitest';
import { tokenClient } from '../../../shared/testing/api-client.ts';
import {
  auditOf,
  type GivenTokens,
  givenSeller,
  logIn,
  signupRequest,
} from '../../testing/sessions.ts';
import { openTestApi } from '../../testing/start-test-api.ts';

const api = await openTestApi();

const storedShop = (email: string) => api.context.store.shops.findOne({ email });

test('a sign-up creates a shop and a session', async () => {
  const request = signupRequest({ name: '  Ana’s  ' });
  const answer = await api.anonymous.post<GivenTokens & { shop: { id: string } }>(
    '/v1/auth/signup',
    request,
  );
  expect(answer).toMatchObject({
    status: 201,
    body: {
      shop: { id: expect.stringMatching(/^shp_/), name: 'Ana’s', email: request.email },
      accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      refreshToken: expect.stringMatching(/^lur_[\w-]{43}$/),
      expiresIn: 900,
    },
  });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const seller = tokenClient(api.url, answer.body.accessToken);
  expect(await seller.get('/v1/shop')).toMatchObject({
    status: 200,
    body: { id: answer.body.shop.id, email: request.email, name: 'Ana’s' },
  });
  const { body: product } = await seller.post('/v1/products', {
    title: 'Lamp',
    type: 'furniture',
    variants: [{ sku: 'L-1', price: 100, currency: 'GBP' }],
  });
  expect(product).toMatchObject({ shopId: answer.body.shop.id });
});

test('the password is stored as argon2id with 19 MiB, two passes and one lane', async () => {
  const { email } = await givenSeller(api);
  const parts = (await storedShop(email))?.passwordHash?.split('$');
  expect(parts?.slice(1, 4)).toEqual(['argon2id', 'v=19', 'm=19456,t=2,p=1']);
  expect(Buffer.from(parts?.[4] ?? '', 'base64').length).toBeGreaterThanOrEqual(16);
  expect(Buffer.from(parts?.[5] ?? '', 'base64').length).toBeGreaterThanOrEqual(32);
});

test('only one shop can sign up with an e-mail address, even concurrently and in another letter case', async () => {
  const request = signupRequest({ email: 'Taken@Shops.Example' });
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => api.anonymous.post('/v1/auth/signup', request)),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(9).fill(409)]);
  const again = { ...request, email: 'taken@shops.example' };
  expect(await api.anonymous.post('/v1/auth/signup', again)).toMatchObject({
    status: 409,
    body: { code: 'email_taken', errors: [{ path: 'email' }] },
  });
});

test.each([
  ['no name', { name: undefined }, 'name'],
  ['a blank name', { name: ' ' }, 'name'],
  ['a query operator as name', { name: { $gt: '' } }, 'name'],
  ['no e-mail', { email: undefined }, 'email'],
  ['an invalid e-mail', { email: 'me' }, 'email'],
  ['a query operator as e-mail', { email: { $gt: '' } }, 'email'],
  ['a list as e-mail', { email: ['a@b.example'] }, 'email'],
  ['a very long e-mail', { email: `${'x'.repeat(250)}@b.example` }, 'email'],
  ['a short password', { password: 'short' }, 'password'],
  ['a very long password', { password: 'x'.repeat(257) }, 'password'],
  ['a password that is a number', { password: 1_234_567_890 }, 'password'],
  ['an unknown field', { scopes: ['catalog:write'] }, 'scopes'],
])('signing up with %s is refused', async (_, changes, path) => {
  const answer = await api.anonymous.post('/v1/auth/signup', signupRequest(changes));
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
});

test.each(['password1234', ' '.repeat(12), 'ana lópez1', 'ana@shops.example'])(
  'the password %j is too easy to guess, for a sign-up and for a password change',
  async (password) => {
    const changes = { password, name: 'Ana López', email: 'ana@shops.example' };
    expect(await api.anonymous.post('/v1/auth/signup', signupRequest(changes))).toMatchObject({
      status: 422,
      body: { code: 'weak_password', errors: [{ path: 'password' }] },
    });
    const seller = await givenSeller(api);
    await seller.send('PATCH', '/v1/shop', { name: changes.name });
    const { password: currentPassword } = seller;
    // Here the weak password is the e-mail address of the account.
    const newPassword = password.includes('@') ? seller.email : password;
    const change = { currentPassword, newPassword };
    expect(await seller.post('/v1/auth/password', change)).toMatchObject({
      status: 422,
      body: { code: 'weak_password', errors: [{ path: 'newPassword' }] },
    });
    expect((await seller.get('/v1/shop')).status).toBe(200);
  },
);

describe('a login', () => {
  test('starts another session, whatever the case of the e-mail address', async () => {
    const seller = await givenSeller(api);
    const second = await logIn(api, { ...seller, email: seller.email.toUpperCase() });
    const third = await logIn(api, seller);
    for (const session of [seller, second, third])
      expect((await session.get('/v1/shop')).status).toBe(200);
    const { body } = await third.get<{ items: readonly { current: boolean }[] }>(
      '/v1/auth/sessions',
    );
    expect(body.items.map((item) => item.current)).toEqual([true, false, false]);
  });

  test('with a wrong password or an unknown e-mail address gets the same refusal', async () => {
    const { email } = await givenSeller(api);
    const password = 'this is not it';
    const wrong = await api.anonymous.post('/v1/auth/login', { email, password });
    const unknown = await api.anonymous.post('/v1/auth/login', {
      email: 'nobody@shops.example',
      password,
    });
    expect(wrong).toMatchObject({ status: 401, body: { code: 'wrong_credentials' } });
    const comparable = ({ body }: typeof wrong) => ({ ...body, requestId: '' });
    expect(comparable(unknown)).toEqual(comparable(wrong));
    const names = ({ headers }: typeof wrong) => [...headers.keys()].toSorted();
    expect(names(unknown)).toEqual(names(wrong));
  });

  test('of a shop without a password is refused', async () => {
    const { shopId } = api.shopA;
    const email = (await api.context.store.shops.findOne({ _id: shopId }))?.email;
    for (const password of ['', ' ', 'undefined', 'null', 'a good password']) {
      const { status } = await api.anonymous.post('/v1/auth/login', { email, password });
      expect(status).toBe(password === '' ? 400 : 401);
    }
  });

  test.each([
    ['no password', { email: 'a@b.example' }],
    ['a query operator as e-mail', { email: { $gt: '' }, password: 'x' }],
    ['a query operator as password', { email: 'a@b.example', password: { $ne: null } }],
    ['a list as password', { email: 'a@b.example', password: ['x'] }],
    ['true as password', { email: 'a@b.example', password: true }],
    ['a very long password', { email: 'a@b.example', password: 'x'.repeat(1_000) }],
    ['an unknown field', { email: 'a@b.example', password: 'x', admin: true }],
    ['a `__proto__` field', '{"email":"a@b.example","password":"x","__proto__":{"admin":true}}'],
  ])('with %s is refused', async (_, body) => {
    expect((await api.anonymous.post('/v1/auth/login', body)).status).toBe(400);
  });

  test('adds an audit entry without the password, whether it succeeds or is refused', async () => {
    const seller = await givenSeller(api);
    const attempt = { email: seller.email, password: 'a wrong password' };
    await api.anonymous.post('/v1/auth/login', attempt);
    const second = await logIn(api, seller);
    const entries = await auditOf(second);
    expect(entries.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'session.started done',
      'session.refused refused',
      'shop.signed_up done',
    ]);
    expect(entries[0]).toMatchObject({
      actor: { kind: 'shop', id: seller.shopId },
      target: expect.stringMatching(/^ses_/),
      address: '127.0.0.1',
      requestId: expect.stringMatching(/^req_/),
    });
    expect(entries[1]).toMatchObject({ actor: { kind: 'nobody' }, target: seller.shopId });
    const text = JSON.stringify(await api.context.store.audit.find().toArray());
    for (const secret of [attempt.password, seller.password, seller.refreshToken]) {
      expect(text).not.toContain(secret);
    }
  });
});
