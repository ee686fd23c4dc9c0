import { expect, test } from 'vitest';
import { isSameLogin, readLogin } from './operator-password.ts';

const login = { username: 'ops', password: 'pass:wörd' };
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('the name ends at the first colon, and without a colon the password is empty', () => {
  expect(readLogin(basic('ops:pass:wörd'))).toEqual(login);
  expect(readLogin(basic('ops:pass:wörd').replace('Basic', 'basic'))).toEqual(login);
  expect(readLogin(basic('ops'))).toEqual({ username: 'ops', password: '' });
  expect(readLogin(basic(':'))).toEqual({ username: '', password: '' });
});

test('logins are the same only if both name and password are equal', () => {
  expect(isSameLogin({ ...login }, login)).toBe(true);
  for (const text of ['ops:pass', 'ops:pass:wörd ', 'Ops:pass:wörd', 'ops', ':', 'ops:pass:word']) {
    const sent = readLogin(basic(text)) ?? login;
    expect([text, isSameLogin(sent, login)]).toEqual([text, false]);
  }
});

test.each([undefined, '', 'Bearer abc', 'Basic', 'Basic ', 'Basic ü', 'Basic b3Bz b3Bz'])(
  'the header %j contains no login',
  (header) => {
    expect(readLogin(header)).toBeUndefined();
  },
);
