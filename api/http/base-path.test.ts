import { expect, test } from 'vitest';
import { readEnv } from '../../shared/runtime/env.ts';
import { createPathReader, readBasePath } from './base-path.ts';

test.each([
  [undefined, ''],
  ['https://api.example', ''],
  ['https://api.example/', ''],
  ['https://shop.example/api', '/api'],
  ['https://shop.example:8443/shop/v2/', '/shop/v2'],
])('PUBLIC_URL=%s has the base path %j', (publicUrl, basePath) => {
  const env = readEnv(publicUrl === undefined ? {} : { PUBLIC_URL: publicUrl });
  expect(readBasePath(env.publicUrl)).toBe(basePath);
});

test.each([
  'shop.example',
  'https://shop.example/api?x=1',
  'https://shop.example/a b',
  'https://shop.example//api',
  'https://shop.example/%61',
])('PUBLIC_URL=%s is refused', (publicUrl) => {
  expect(() => readEnv({ PUBLIC_URL: publicUrl })).toThrow(/PUBLIC_URL must be a URL like/);
});

test.each([
  ['/shop/v1/orders', '/v1/orders'],
  ['/v1/orders', '/v1/orders'],
  ['/shop', '/'],
  ['/shop/', '/'],
  ['/shopping/v1', '/shopping/v1'],
  ['/shop/shop/v1', '/shop/v1'],
])('with the base path /shop, %s is routed as %s', (path, routed) => {
  const read = createPathReader('/shop');
  expect(read(new Request(`http://here${path}?a=/shop/b`))).toBe(routed);
});
