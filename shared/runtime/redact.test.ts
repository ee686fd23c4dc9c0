import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redact, redactPersonal } from './redact.ts';

test.each([
  ['redis://:geheim@127.0.0.1:6379', 'redis://:***@127.0.0.1:6379'],
  ['rediss://app:p%40ss@cache.example/0', 'rediss://app:***@cache.example/0'],
  ['redis://app:p@ss:w/rd@h:1', 'redis://app:***@h:1'],
  [
    'mongodb://app:geheim@a:1,b:2,c:3/lastunit?replicaSet=rs0&authSource=admin',
    'mongodb://app:***@a:1,b:2,c:3/lastunit?replicaSet=rs0&authSource=admin',
  ],
  [
    'mongodb+srv://app:x@h/?tlsCertificateKeyFilePassword=y',
    'mongodb+srv://app:***@h/?tlsCertificateKeyFilePassword=***',
  ],
  ['redis://h:6379?password=x&db=1', 'redis://h:6379?password=***&db=1'],
  ['Invalid connection string "mongodb://u:p@@h"', 'Invalid connection string "mongodb://u:***@h"'],
  ['two: redis://:a@h and mongodb://b:c@h', 'two: redis://:***@h and mongodb://b:***@h'],
  ['http://127.0.0.1:3000/docs', 'http://127.0.0.1:3000/docs'],
  [
    'mongodb://127.0.0.1:27017/lastunit?replicaSet=rs0',
    'mongodb://127.0.0.1:27017/lastunit?replicaSet=rs0',
  ],
  ['mail ana@shop.example at 12:30', 'mail ana@shop.example at 12:30'],
])('%s is shown as %s', (text, shown) => {
  expect(redact(text)).toBe(shown);
});

test('no password in a URL remains, in any spelling', () => {
  const password = fc.stringMatching(/^[A-Za-z0-9@:/?#%&=+._-]{8,30}$/);
  fc.assert(
    fc.property(
      password,
      fc.constantFrom('redis', 'rediss', 'mongodb', 'mongodb+srv'),
      (secret, scheme) => {
        expect(redact(`at ${scheme}://app:${secret}@db.example:1/lastunit .`)).not.toContain(
          secret,
        );
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  [
    'E11000 duplicate key error collection: shop.draw_entries index: one_entry_per_buyer dup key: { drawId: "drw_1", buyer: "ada} @example.org" }',
    'E11000 duplicate key error collection: shop.draw_entries index: one_entry_per_buyer dup key: { *** }',
  ],
  [
    'Cast to Number failed for value "Ada Lovelace" (type string) at path "quantity"',
    'Cast to Number failed for value "***" (type string) at path "quantity"',
  ],
  [
    'Path `name` (`Ada Lovelace`, length 12) exceeds the maximum allowed length (10).',
    'Path `name` (`***`, length 12) exceeds the maximum allowed length (10).',
  ],
  [
    '`Ada` is not a valid enum value for path `kind`.',
    '`***` is not a valid enum value for path `kind`.',
  ],
  ['buyer ada.lovelace+1@shop.example is over the limit', 'buyer *** is over the limit'],
  ['phone +44 20 7946-0000 is wrong', 'phone *** is wrong'],
  ['parked: no such product prd_01M8', 'parked: no such product prd_01M8'],
  ['connect ECONNREFUSED 127.0.0.1:27017', 'connect ECONNREFUSED 127.0.0.1:27017'],
  [
    '    at settle (file:///app/worker/settle-checkouts/processor.ts:180:20)',
    '    at settle (file:///app/worker/settle-checkouts/processor.ts:180:20)',
  ],
])('the failure "%s" is shown as "%s"', (text, shown) => {
  expect(redactPersonal(text)).toBe(shown);
});
