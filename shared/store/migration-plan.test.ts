import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Migration } from './migration.ts';
import { ForeignHistoryError, planMigrations } from './migration-plan.ts';
import { MIGRATIONS } from './migrations.ts';

const known = ['0001-a', '0002-b', '0003-c'].map(
  (id): Migration => ({ id, description: 'Does it.', run: async () => undefined }),
);
const toIds = (migrations: readonly Migration[]) => migrations.map(({ id }) => id);

test('each migration file is listed, in order, with the name of the file as its id', () => {
  const files = readdirSync(new URL('migrations/', import.meta.url)).filter((name) =>
    /^\d{4}-[a-z-]+\.ts$/.test(name),
  );
  expect(toIds(MIGRATIONS)).toEqual(files.sort().map((name) => name.replace('.ts', '')));
  const [first = 0, ...later] = MIGRATIONS.map(({ id }) => Number(id.slice(0, 4)));
  expect(later).toEqual(later.map((_, index) => first + index + 1));
});

test.each([
  ['no migration has run', [], ['0001-a', '0002-b', '0003-c'], []],
  ['some have run', ['0001-a', '0002-b'], ['0003-c'], []],
  ['only a migration in the middle has not run', ['0001-a', '0003-c'], ['0002-b'], []],
  ['all have run', ['0001-a', '0002-b', '0003-c'], [], []],
  [
    'a migration of a newer version has run',
    ['0001-a', '0002-b', '0003-c', '0004-d'],
    [],
    ['0004-d'],
  ],
  [
    'migrations of a newer version ran after only some of the known ones',
    ['0001-a', '0005-e', '0004-d'],
    ['0002-b', '0003-c'],
    ['0004-d', '0005-e'],
  ],
])('the plan if %s', (_, done, pending, newer) => {
  const plan = planMigrations(known, done);
  expect({ pending: toIds(plan.pending), newer: plan.newer }).toEqual({ pending, newer });
});

test.each([['0002-other'], ['0003-d'], ['0000-z'], ['nonsense']])(
  'a database with the finished migration %s belongs to another program',
  (id) => {
    expect(() => planMigrations(known, ['0001-a', id])).toThrow(ForeignHistoryError);
    expect(() => planMigrations(known, ['0001-a', id])).toThrow(id);
  },
);

test('a migration that replaces earlier migrations runs where these have run', () => {
  const replacing: Migration = {
    id: '0004-all',
    description: 'Does it.',
    replaces: toIds(known),
    run: async () => undefined,
  };
  const plan = planMigrations([replacing], ['0001-a', '0002-b']);
  expect({ pending: toIds(plan.pending), newer: plan.newer }).toEqual({
    pending: ['0004-all'],
    newer: [],
  });
});
