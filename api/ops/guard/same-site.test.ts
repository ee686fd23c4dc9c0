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
  ])(
    'Sec-Fetch-Site %s with method %s and mode %s is cross-site: %s',
    (secFetchSite, method, secFetchMode, isExpected) => {
      expect(isCrossSite({ ...curl, method, secFetchSite, secFetchMode })).toBe(isExpected);
    },
  );
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
  ])('Origin %s is cross-site: %s', (origin, isExpected) => {
    expect(isCrossSite({ ...curl, origin })).toBe(isExpected);
  });

  test('is cross-site if the Host header is missing', () => {
    expect(isCrossSite({ ...curl, host: undefined, origin: 'http://shop.example' })).toBe(true);
    expect(isCrossSite({ ...curl, host: undefined, origin: 'null' })).toBe(true);
  });
});

test('a request with neither header is not cross-site', () => {
  expect(isCrossSite(curl)).toBe(false);
});
