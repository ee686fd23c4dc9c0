import { describe, expect, test } from 'vitest';
import { isCrossSite, type RequestSource } from './same-site.ts';

const curl: RequestSource = {
  method: 'POST',
  host: 'shop.example:3000',
  origin: undefined,
  secFetchSite: undefined,
  secFetchMode: undefined,
};

describe('a browser that tells the site', () => {
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

describe('a browser that tells the origin alone', () => {
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

  test('is refused where we do not know our own name', () => {
    expect(isCrossSite({ ...curl, host: undefined, origin: 'http://shop.example' })).toBe(true);
    expect(isCrossSite({ ...curl, host: undefined, origin: 'null' })).toBe(true);
  });
});

test('what tells neither is no browser', () => {
  expect(isCrossSite(curl)).toBe(false);
});
