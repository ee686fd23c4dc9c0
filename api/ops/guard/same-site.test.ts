import { describe, expect, test } from 'vitest';
import { isCrossSite, type RequestSource } from './same-site.ts';

const curl: RequestSource = {
  method: 'POST',
  host: 'shop.example:3000',
  origin: undefined,
  secFetchSite: undefined,
  secFetchMode: undefined,
};

describe('a browser that sends Sec-Fetch-Site', () => {
  test.each([
    ['same-origin', 'POST', 'cors', false],
    ['none', 'GET', 'navigate', false],
    ['cross-site', 'GET', 'navigate', false],
    ['cross-site', 'GET', 'no-cors', true],
    ['cross-site', 'POST', 'navigate', true],
    ['same-site', 'GET', 'cors', true],
    ['same-site', 'PUT', 'cors', true],
    ['anything else', 'DELETE', 'cors', true],
  ])('%s %s %s: %s', (secFetchSite, method, secFetchMode, isRefused) => {
    expect(isCrossSite({ ...curl, method, secFetchSite, secFetchMode })).toBe(isRefused);
  });
});

describe('a browser that sends only Origin', () => {
  test.each([
    ['http://shop.example:3000', false],
    ['https://shop.example:3000', false],
    ['http://shop.example', true],
    ['http://shop.example:3000.evil.example', true],
    ['https://evil.example', true],
    ['null', true],
    ['', true],
  ])('%s: %s', (origin, isRefused) => {
    expect(isCrossSite({ ...curl, origin })).toBe(isRefused);
  });

  test('is refused without a Host header', () => {
    expect(isCrossSite({ ...curl, host: undefined, origin: 'http://shop.example' })).toBe(true);
    expect(isCrossSite({ ...curl, host: undefined, origin: 'null' })).toBe(true);
  });
});

test('a request with neither does not come from a browser', () => {
  expect(isCrossSite(curl)).toBe(false);
});
