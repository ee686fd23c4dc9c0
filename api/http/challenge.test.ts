import { expect, test } from 'vitest';
import { RefusedError } from '../../shared/domain/errors.ts';
import { type Access, everyCaller, keysOnly, sellers, shopsOnly, storefronts } from './access.ts';
import { type SentCredentials, toChallenge } from './challenge.ts';

const NOTHING: SentCredentials = { apiKey: undefined, authorization: undefined };
const TOKEN = { ...NOTHING, authorization: 'bearer a.b.c' };
const unauthenticated = new RefusedError('unauthenticated', 'Words.');
const KEY_AND_TOKEN = 'ApiKey realm="lastunit", Bearer realm="lastunit"';

test.each<[string, Access, string]>([
  ['a key', keysOnly('catalog:read'), 'ApiKey realm="lastunit"'],
  ['a session', shopsOnly, 'Bearer realm="lastunit"'],
  ['a key or a buyer', storefronts('checkouts:write'), KEY_AND_TOKEN],
  [
    'a key or a session',
    sellers('catalog:read'),
    'Bearer realm="lastunit", ApiKey realm="lastunit"',
  ],
  [
    'all kinds of callers',
    everyCaller('catalog:read'),
    'Bearer realm="lastunit", ApiKey realm="lastunit"',
  ],
  ['anyone, such as a login,', { anyone: true }, 'Bearer realm="lastunit"'],
])(
  'the challenge of a route for %s has only the schemes of the route',
  (_what, access, expected) => {
    expect(toChallenge(unauthenticated, access, NOTHING)).toBe(expected);
  },
);

test('the error in the challenge is invalid_token for a token, and invalid_request for a token together with a key', () => {
  expect(toChallenge(unauthenticated, shopsOnly, TOKEN)).toBe(
    'Bearer realm="lastunit", error="invalid_token"',
  );
  expect(toChallenge(unauthenticated, shopsOnly, { ...TOKEN, apiKey: 'lu_1' })).toBe(
    'Bearer realm="lastunit", error="invalid_request"',
  );
});

test('the refusal for a missing scope has a challenge with the scope for a token, and no challenge for a key', () => {
  const missingScope = new RefusedError('missing_scope', 'Words.');
  expect(toChallenge(missingScope, sellers('catalog:write'), TOKEN)).toBe(
    'Bearer realm="lastunit", error="insufficient_scope", scope="catalog:write"',
  );
  expect(toChallenge(missingScope, sellers('catalog:write'), NOTHING)).toBeUndefined();
});

test('operators get an HTTP Basic challenge; a 404 and an unexpected error have no challenge', () => {
  const operator = new RefusedError('operator_required', 'Words.');
  expect(toChallenge(operator, { operator: true }, NOTHING)).toBe(
    'Basic realm="lastunit ops", charset="UTF-8"',
  );
  expect(toChallenge(new RefusedError('not_found', 'Words.'), shopsOnly, TOKEN)).toBeUndefined();
  expect(toChallenge(new Error('A fault.'), shopsOnly, TOKEN)).toBeUndefined();
});
