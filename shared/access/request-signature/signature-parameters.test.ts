import { expect, test } from 'vitest';
import { API_KEY, HOST, KEY_ID, NOW_S, signedGet } from './testing/received.ts';
import { COVERED, LINES, PARAMETERS, readReason, signedBy } from './testing/verifying.ts';

test.each([
  [-301, 'not_current'],
  [-300, 'ok'],
  [0, 'ok'],
  [300, 'ok'],
  [301, 'not_current'],
])('a signature created %i s from now: %s', (offsetS, result) => {
  expect(readReason(signedGet({ created: NOW_S + offsetS }))).toBe(result);
});

test.each([
  [`;created=${NOW_S};expires=${NOW_S};nonce="0123456789"`, 'ok'],
  [`;created=${NOW_S};expires=${NOW_S - 1};nonce="0123456789"`, 'expired'],
  [`;created=${NOW_S};expires="later";nonce="0123456789"`, 'expired'],
  [`;created=${NOW_S};nonce="0123456789";alg="hmac-sha256"`, 'ok'],
  [`;created=${NOW_S};nonce="0123456789";alg="HMAC-SHA256"`, 'wrong_algorithm'],
  [`;created=${NOW_S};nonce="0123456789";alg=hmac-sha256`, 'wrong_algorithm'],
  [`;created=${NOW_S};nonce="0123456789";alg="ed25519"`, 'wrong_algorithm'],
  [`;created=${NOW_S};nonce="0123456789";tag="app"`, 'ok'],
  [';nonce="0123456789"', 'created_missing'],
  [';created;nonce="0123456789"', 'created_missing'],
  [`;created="${NOW_S}";nonce="0123456789"`, 'created_missing'],
  [`;created=${NOW_S}.5;nonce="0123456789"`, 'created_missing'],
  [`;created=true;nonce="0123456789"`, 'created_missing'],
  [`;created=${NOW_S}`, 'nonce_invalid'],
  [`;created=${NOW_S};nonce=0123456789`, 'nonce_invalid'],
  [`;created=${NOW_S};nonce="${'n'.repeat(7)}"`, 'nonce_invalid'],
  [`;created=${NOW_S};nonce="${'n'.repeat(8)}"`, 'ok'],
  [`;created=${NOW_S};nonce="${'n'.repeat(128)}"`, 'ok'],
  [`;created=${NOW_S};nonce="${'n'.repeat(129)}"`, 'nonce_invalid'],
])('a correctly signed request with the parameters %s: %s', (parameters, result) => {
  expect(readReason(signedBy(`${COVERED}${parameters};keyid="${KEY_ID}"`, LINES))).toBe(result);
});

test.each([
  ['("@method" "@authority" "@path" "@query" "x-api-key")', 'ok'],
  ['("x-api-key" "@query" "@path" "@authority" "@method")', 'ok'],
  ['("@method" "@authority" "@path" "x-api-key")', 'not_covered'],
  ['("@method" "@target-uri")', 'not_covered'],
  ['("@target-uri" "x-api-key")', 'not_covered'],
  ['()', 'not_covered'],
  ['("@method" "@target-uri" "x-api-key" "host")', 'ok'],
  ['("@method" "@target-uri" "x-api-key" "@scheme" "@request-target")', 'ok'],
  ['("@method" "@target-uri" "x-api-key" "date")', 'component_missing'],
  ['("@method" "@target-uri" "x-api-key" "@status")', 'component_unsupported'],
  ['("@method" "@target-uri" "x-api-key";bs)', 'component_unsupported'],
  ['("@method";req "@target-uri" "x-api-key")', 'component_unsupported'],
  ['("@method" "@target-uri" "x-api-key" "Host")', 'malformed'],
  ['("@method" "@method" "@target-uri" "x-api-key")', 'malformed'],
  ['("@method" "@target-uri" "x-api-key" host)', 'malformed'],
  ['("@method" "@target-uri" "x-api-key" "")', 'malformed'],
])('a correctly signed request covering %s: %s', (covered, result) => {
  const values: Readonly<Record<string, string>> = {
    '@method': 'GET',
    '@target-uri': `http://${HOST}/v1/orders`,
    '@authority': HOST,
    '@path': '/v1/orders',
    '@query': '?',
    '@scheme': 'http',
    '@request-target': '/v1/orders',
    'x-api-key': API_KEY,
    host: HOST,
  };
  const names = [...covered.matchAll(/"([^"]*)"/g)].map(([, name = '']) => name);
  const lines = names.map((name) => `"${name}": ${values[name] ?? ''}`);
  expect(readReason(signedBy(covered + PARAMETERS, lines))).toBe(result);
});
