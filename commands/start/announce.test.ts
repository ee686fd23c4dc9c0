import { expect, test } from 'vitest';
import { announcement } from './announce.ts';

test('the announcement hides the passwords of configured servers', () => {
  const text = announcement({
    apiUrl: 'http://127.0.0.1:3000',
    ops: { username: 'ops' },
    mongodb: { url: 'mongodb://app:hunter2@db.example/lastunit', origin: 'yours, as configured' },
    redis: { url: 'redis://:hunter2@cache.example:6379', origin: 'yours, as configured' },
    dataDir: '/data',
  });
  expect(text).not.toContain('hunter2');
  expect(text).toContain('mongodb://app:***@db.example/lastunit');
  expect(text).toContain('redis://:***@cache.example:6379');
});
