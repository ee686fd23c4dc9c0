import { expect, test } from 'vitest';
import { isOperator } from './operator-password.ts';

const login = { username: 'ops', password: 'pass:wörd' };
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('the right name and password are accepted, with colons', () => {
  expect(isOperator(basic('ops:pass:wörd'), login)).toBe(true);
  expect(isOperator(basic('ops:pass:wörd').replace('Basic', 'basic'), login)).toBe(true);
});

test.each(['ops:pass', 'ops:pass:wörd ', 'Ops:pass:wörd', 'ops', ':', 'ops:pass:word'])(
  '%j is wrong',
  (text) => {
    expect(isOperator(basic(text), login)).toBe(false);
  },
);

test.each([undefined, '', 'Bearer abc', 'Basic', 'Basic ', 'Basic ü', 'Basic b3Bz b3Bz'])(
  '%j contains no name and password',
  (header) => {
    expect(isOperator(header, login)).toBeUndefined();
  },
);
