import type { Context } from 'hono';
import { expect, test, vi } from 'vitest';
import { createAddressReader } from './client-address.ts';

const PROXY = '10.0.0.9';

function createReader(trustedProxies: number) {
  const warn = vi.fn();
  const read = createAddressReader(trustedProxies, { warn });
  const from = (headers: Record<string, string>, remoteAddress: string | undefined = PROXY) =>
    read({
      env: { incoming: { headers, socket: { remoteAddress } } },
      req: { header: (name: string) => headers[name] },
    } as unknown as Context);
  return { from, warn };
}

const forwarded = (value: string) => ({ 'x-forwarded-for': value });

test.each([
  ['198.51.100.7', '198.51.100.7'],
  ['198.51.100.7:49152', '198.51.100.7'],
  ['evil, 198.51.100.7', '198.51.100.7'],
  ['1.1.1.1, 198.51.100.7:80', '198.51.100.7'],
  ['1.1.1.1,, 198.51.100.7 , ', '198.51.100.7'],
  ['"[2001:DB8::1]:443"', '2001:db8::1'],
  ['::ffff:198.51.100.7', '198.51.100.7'],
])('behind one proxy, X-Forwarded-For: %j is the address %s', (value, address) => {
  const { from, warn } = createReader(1);
  expect(from(forwarded(value))).toBe(address);
  expect(warn).not.toHaveBeenCalled();
});

test.each(['unknown', '_hidden', '1.1.1.1, nonsense', ' , ', '198.51.100.7.example'])(
  'behind one proxy, X-Forwarded-For: %j counts as the address of the proxy, with one warning',
  (value) => {
    const { from, warn } = createReader(1);
    expect([from(forwarded(value)), from(forwarded(value))]).toEqual([PROXY, PROXY]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[1]).toContain('TRUSTED_PROXIES');
  },
);

test('behind two proxies, a caller has the address that the outer proxy saw; without it, that of the inner proxy', () => {
  const { from } = createReader(2);
  expect(from(forwarded('9.9.9.9, 198.51.100.7:1234, 10.0.0.8'))).toBe('198.51.100.7');
  expect(from(forwarded('10.0.0.8'))).toBe(PROXY);
});

test('a request that bypasses the proxies has its own address, without a warning', () => {
  const { from, warn } = createReader(1);
  expect(from({}, '::ffff:192.0.2.5')).toBe('192.0.2.5');
  expect(warn).not.toHaveBeenCalled();
});

test.each([
  ['x-forwarded-for', '198.51.100.7'],
  ['forwarded', 'for=198.51.100.7'],
  ['x-real-ip', '198.51.100.7'],
  ['true-client-ip', '198.51.100.7'],
  ['cf-connecting-ip', '198.51.100.7'],
])('without trusted proxies, %s is ignored and logged once', (name, value) => {
  const { from, warn } = createReader(0);
  expect(from({})).toBe(PROXY);
  expect(warn).not.toHaveBeenCalled();
  for (let n = 0; n < 3; n += 1) expect(from({ [name]: value })).toBe(PROXY);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]?.[0]).toMatchObject({ header: name });
});

test('the address of a socket is an IPv4 address where possible and has no zone; a missing address is “unknown”', () => {
  const { from } = createReader(0);
  expect(from({}, '::ffff:127.0.0.1')).toBe('127.0.0.1');
  expect(from({}, 'fe80::1%eth0')).toBe('fe80::1');
  expect(from({}, '')).toBe('unknown');
});
