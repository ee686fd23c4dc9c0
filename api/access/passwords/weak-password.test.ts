import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWeakPassword } from './weak-password.ts';

const accountWords = ['ana.lopez@shop.example', 'Casa Mirador'];

describe('is weak:', () => {
  test.each([
    'password1234',
    'Password1234!',
    'p4ssw0rd123',
    'qwertyuiop',
    '1234567890',
    'abcdefghijkl',
    '            ',
    '\u00a0'.repeat(12),
    '\t\t\t\t\t\t\t\t\t\t',
    'aaaaaaaaaaaa',
    'abababababab',
    '123123123123',
    'iloveyou1234',
    'monkeymonkey',
    '🎉'.repeat(10),
    'x'.repeat(256),
    'ana.lopez@shop.example',
    'ANA.LOPEZ@shop.example',
    'ana.lopez1',
    'Casa Mirador',
    'casa mirador',
    'casamirador',
    'rodarim asac',
    'lastunit12',
    'lastunitlastunit',
  ])('%j', (password) => {
    expect(isWeakPassword(password, accountWords)).toBe(true);
  });
});

describe('is not weak:', () => {
  test.each([
    'a good password 1',
    'correct horse battery staple',
    'kJ7#2mQp!x',
    'qk3vm9x2ab',
    'dünner Regen am Dienstag',
    '雨の火曜日に走る猫たち',
    'blanks are fine in it',
  ])('%j', (password) => {
    expect(isWeakPassword(password, accountWords)).toBe(false);
  });
});

test('a text of one or two characters, repeated 10 to 200 times, is weak', () => {
  const piece = fc.string({ minLength: 1, maxLength: 2 });
  fc.assert(
    fc.property(piece, fc.integer({ min: 10, max: 200 }), (text, times) => {
      expect(isWeakPassword(text.repeat(times).slice(0, 256), accountWords)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test('a password of 18 random bytes in base64url is not weak', () => {
  const bytes = fc.uint8Array({ minLength: 18, maxLength: 18 });
  fc.assert(
    fc.property(bytes, (random) => {
      // fast-check also generates arrays with few distinct bytes, which would be weak passwords.
      fc.pre(new Set(random).size > 12);
      expect(isWeakPassword(Buffer.from(random).toString('base64url'), accountWords)).toBe(false);
    }),
    { numRuns: 100 },
  );
});
