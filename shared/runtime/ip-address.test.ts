import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { parseAddress, toNetwork } from './ip-address.ts';

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'));
const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
/** Excludes translated IPv4 addresses, which have their own test. */
const ipv6 = groups
  .map((parts) => new ipaddr.IPv6(parts))
  .filter((address) => !['ipv4Mapped', 'rfc6145', 'rfc6052'].includes(address.range()));
const port = fc.oneof(
  fc.integer({ min: 0, max: 65_535 }).map(String),
  fc.constantFrom('', '_hidden', '_port.1-x'),
);
const padding = fc.constantFrom('', ' ', '\t', '  ');

/** Other spellings of the same address. */
function spellingsOfIpv4(address: string, portText: string): string[] {
  const parts = address.split('.').map(Number);
  const [a = 0, b = 0, c = 0, d = 0] = parts;
  const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  const padded = parts.map((part) => String(part).padStart(3, '0')).join('.');
  return [
    address,
    padded,
    `${address}:${portText}`,
    `${padded}:${portText}`,
    `"${address}:${portText}"`,
    `[${address}]:${portText}`,
    `::ffff:${address}`,
    `::FFFF:${hex}`,
    `[::ffff:${address}]:${portText}`,
    `"[::ffff:${hex}]:${portText}"`,
    `0:0:0:0:0:ffff:${address}`,
    `64:ff9b::${address}`,
    `::ffff:${address}%eth0`,
  ];
}

function spellingsOfIpv6(address: ipaddr.IPv6, portText: string): string[] {
  const short = address.toString();
  const long = address.parts.map((part) => part.toString(16).padStart(4, '0')).join(':');
  return [
    short,
    long,
    short.toUpperCase(),
    long.toUpperCase(),
    `[${short}]`,
    `[${long}]:${portText}`,
    `"[${short.toUpperCase()}]:${portText}"`,
    `${short}%eth0`,
    `[${long}%25en1]:${portText}`,
  ];
}

describe('parseAddress and toNetwork', () => {
  test('all spellings of an IPv4 address parse to the address, which is its own network', () => {
    fc.assert(
      fc.property(ipv4, port, padding, (address, portText, space) => {
        for (const spelling of spellingsOfIpv4(address, portText)) {
          const parsed = parseAddress(`${space}${spelling}${space}`);
          expect([spelling, parsed]).toEqual([spelling, address]);
        }
        expect(toNetwork(address)).toBe(address);
      }),
    );
  });

  test('all spellings of an IPv6 address parse to the canonical form', () => {
    fc.assert(
      fc.property(ipv6, port, padding, (address, portText, space) => {
        for (const spelling of spellingsOfIpv6(address, portText)) {
          const parsed = parseAddress(`${space}${spelling}${space}`);
          expect([spelling, parsed]).toEqual([spelling, address.toString()]);
        }
      }),
    );
  });

  test('two addresses have the same network exactly if they are in the same /64', () => {
    fc.assert(
      fc.property(ipv6, groups, (address, others) => {
        const neighbour = new ipaddr.IPv6([...address.parts.slice(0, 4), ...others.slice(4)]);
        fc.pre(!['ipv4Mapped', 'rfc6145', 'rfc6052'].includes(neighbour.range()));
        const network = toNetwork(address.toString());
        expect(network).toMatch(/\/64$/);
        expect(toNetwork(neighbour.toString())).toBe(network);
        const isSame = address.match(new ipaddr.IPv6(others), 64);
        expect(toNetwork(new ipaddr.IPv6(others).toString()) === network).toBe(isSame);
      }),
    );
  });

  test('parsing a canonical address returns it unchanged', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6.map(String), fc.string(), fc.ipV6(), fc.ipV4()), (text) => {
        const parsed = parseAddress(text);
        if (parsed !== undefined) expect(parseAddress(parsed)).toBe(parsed);
      }),
    );
  });
});

test.each([
  '',
  ' ',
  '""',
  'unknown',
  '"unknown"',
  '_hidden',
  '"_hidden:80"',
  'example.com',
  'example.com:80',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '1.2.3.4, 5.6.7.8',
  '16909060',
  '0x1.0x2.0x3.0x4',
  '1.2.3.4/32',
  '[::1',
  '::1]:80',
  '[]:80',
  ':80',
  '1::2::3',
  '12345::',
  '1:2:3:4:5:6:7:8:9',
  '::ffff:1.2.3.400',
  '::1/64',
  '-1.2.3.4',
  `1.2.3.4:${'0'.repeat(1_000)}`,
])('%j is not an address', (text) => {
  expect(parseAddress(text)).toBeUndefined();
});
