import { expect, test } from 'vitest';
import { toTable } from './table.ts';

const at = new Date('2026-01-02T03:04:05.678Z');

test('the table lists completed migrations, also of a newer version, and pending migrations', () => {
  const pending = [{ id: '0004-b', description: 'Does it.', run: async () => undefined }];
  const done = [
    { _id: '0001-indexes', at },
    { _id: '0009-later', at, ms: 12, documents: 3 },
  ];
  expect(toTable({ done, pending, newer: ['0009-later'] }).split('\n')).toEqual([
    'done     0001-indexes  2026-01-02T03:04:05.678Z',
    'done     0009-later    by a newer version, 2026-01-02T03:04:05.678Z, in 12 ms, 3 documents changed',
    'pending  0004-b        Does it.',
    '1 pending.',
  ]);
});

test('an up-to-date database has no pending migrations', () => {
  expect(toTable({ done: [], pending: [], newer: [] })).toBe('Nothing is pending.');
});
