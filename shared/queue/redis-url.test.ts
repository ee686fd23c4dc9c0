import { expect, test } from 'vitest';
import { parseRedisUrl } from './redis-url.ts';

test('the URL of a cluster names some of its nodes', () => {
  expect(parseRedisUrl('redis+cluster://one:7000,two,[::1]:7002')).toEqual({
    nodes: [
      { host: 'one', port: 7000 },
      { host: 'two', port: 6379 },
      { host: '::1', port: 7002 },
    ],
    access: {},
  });
});

test('the URL of a cluster may have a login, and TLS', () => {
  expect(parseRedisUrl('rediss+cluster://app:p%40ss@one:7000/')).toEqual({
    nodes: [{ host: 'one', port: 7000 }],
    access: { username: 'app', password: 'p@ss', tls: {} },
  });
  expect(parseRedisUrl('redis+cluster://:secret@one:7000').access).toEqual({ password: 'secret' });
  expect(parseRedisUrl('redis+cluster://app:a:b@one:7000').access).toEqual({
    ...{ username: 'app', password: 'a:b' },
  });
});

test('any other URL is the address of a single Redis, and is not parsed', () => {
  expect(parseRedisUrl('redis://user:pass@host:6379/2')).toEqual({ access: {} });
});
