import { expect, test } from 'vitest';
import { searchQueries } from './search-queries.ts';

const titles = ['RED RETROSPOT BAG', 'LUNCH BOX', 'SET OF 3 CAKE TINS', 'FAN', ''];

test('queries are words of the titles, some without their end, and always the same', () => {
  const queries = searchQueries(titles, 200);
  expect(queries).toHaveLength(200);
  expect(queries).toEqual(searchQueries(titles, 200));
  const all = titles.join('|').toLowerCase();
  for (const query of queries) {
    expect(query).toMatch(/\S/);
    if (query !== 'heart') expect(all).toContain(query);
  }
  expect(new Set(queries.map((query) => query.split(' ').length)).size).toBeGreaterThan(2);
});
