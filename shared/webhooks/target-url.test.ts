import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AddressRange, parseAddressRange } from '../runtime/ip-address.ts';
import { isAddressAllowed } from './target-address.ts';
import { judgeTarget, type TargetRules } from './target-url.ts';
import { forbiddenTargets } from './testing/forbidden-targets.ts';

const PUBLIC_ONLY: TargetRules = { allowedRanges: [], isHttpAllowed: true };

function ranges(...texts: string[]): AddressRange[] {
  return texts.map(parseAddressRange).filter((range) => range !== undefined);
}

const refusalOf = (url: string, rules = PUBLIC_ONLY) => {
  const judged = judgeTarget(url, rules);
  return 'refusal' in judged ? judged.refusal : undefined;
};

test.each(forbiddenTargets(8080).filter(({ addresses }) => addresses === undefined))(
  '$url is refused',
  ({ url }) => {
    expect(refusalOf(url)).toMatch(/not public|must begin with https:|no user name|not a URL/);
  },
);

test.each(forbiddenTargets(8080).filter(({ addresses }) => addresses !== undefined))(
  '$addresses are not all public',
  ({ addresses = [] }) => {
    expect(addresses.every((address) => isAddressAllowed(address, []))).toBe(false);
  },
);

test.each([
  'https://hooks.example.com/a?b=c',
  'http://hooks.example.com:8080/',
  'https://1.1.1.1/',
  'https://[2606:4700:4700::1111]:8443/',
  'https://93.184.216.34',
  'https://172.32.0.1/',
  'https://localhost.example.com/',
])('%s is not refused', (url) => {
  expect(refusalOf(url)).toBeUndefined();
});

test.each([
  '',
  'hooks.example.com',
  '//hooks.example.com',
  'https://',
  'http://[::1',
  'https://a b/',
])('%j is not a URL', (url) => {
  expect(refusalOf(url)).toBe('This is not a URL.');
});

test('http is refused where it is not allowed', () => {
  const rules = { allowedRanges: [], isHttpAllowed: false };
  expect(refusalOf('http://hooks.example.com/', rules)).toBe('The URL must begin with https:.');
  expect(refusalOf('https://hooks.example.com/', rules)).toBeUndefined();
});

describe('an operator’s ranges', () => {
  const allowedRanges = ranges('10.1.0.0/16', '127.0.0.1/32', 'fd00:1::/32');
  const rules = { allowedRanges, isHttpAllowed: true };

  test.each([
    ['http://10.1.2.3/', undefined],
    ['http://10.2.2.3/', 'This address is not public.'],
    ['http://127.0.0.1/', undefined],
    ['http://localhost/', undefined],
    ['http://127.0.0.2/', 'This address is not public.'],
    ['http://[fd00:1::5]/', undefined],
    ['http://[fd00:2::5]/', 'This address is not public.'],
    // An IPv4 address inside an IPv6 address is not the address that the operator allowed.
    ['http://[::ffff:10.1.2.3]/', 'This address is not public.'],
    ['http://[::1]/', 'This address is not public.'],
  ])('for %s, the refusal is %s', (url, refusal) => {
    expect(refusalOf(url, rules)).toBe(refusal);
  });

  test.each(['10.0.0.0', '10.0.0.0/33', 'fd00::/129', 'ten/8', '', '10.0.0.0/8/8'])(
    '%j is not a range',
    (text) => {
      expect(parseAddressRange(text)).toBeUndefined();
    },
  );
});

test('all spellings of an IPv4 address have the same result, and IPv6 addresses that contain it are refused', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
      const number = ((a * 256 + b) * 256 + c) * 256 + d;
      const verdict = refusalOf(`http://${address}/`);
      expect(verdict === undefined).toBe(isAddressAllowed(address, []));
      for (const host of [`${number}`, `0x${number.toString(16)}`, `0${number.toString(8)}`]) {
        expect(refusalOf(`http://${host}/`)).toBe(verdict);
      }
      expect(refusalOf(`http://[::ffff:${address}]/`)).toBeDefined();
      expect(refusalOf(`http://[::${address}]/`)).toBeDefined();
      expect(refusalOf(`http://[64:ff9b::${address}]/`)).toBeDefined();
    }),
    { numRuns: 500 },
  );
});
