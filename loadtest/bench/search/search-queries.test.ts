import { expect, test } from 'vitest';
import { searchQueries } from './search-queries.ts';

const titles = [
  'RED RETROSPOT BAG',
  'LUNCH BOX',
  'SET OF 3 CAKE TINS PANTRY',
  'FAN',
  '',
  'TEA TOWEL',
  'JAM JAR',
];
const queries = searchQueries(titles, 1_000);

test('most queries are parts of titles, and the same titles always result in the same queries', () => {
  expect(queries).toHaveLength(1_000);
  expect(queries).toEqual(searchQueries(titles, 1_000));
  const allTitles = titles.join('|').toLowerCase();
  const knownTexts = queries.filter(({ q }) => q === 'heart' || allTitles.includes(q));
  expect(knownTexts.length).toBeGreaterThan(700);
  for (const { q } of queries) expect(q).toMatch(/\S/);
});

test('some queries have the maximum number of words, and some are misspelt', () => {
  const lengths = new Set(queries.map(({ q }) => q.split(' ').length));
  expect([...lengths]).toEqual(expect.arrayContaining([1, 2, 3, 8]));
  expect(Math.max(...lengths)).toBe(8);
  expect(queries.map(({ q }) => q)).toContain('lucnh box');
});

test('every filter occurs, and half of the queries have none', () => {
  const filterNames = queries.flatMap(({ filters }) => Object.keys(filters));
  for (const filter of ['type', 'priceMin', 'priceMax', 'available', 'sort']) {
    expect(filterNames.filter((name) => name === filter).length).toBeGreaterThan(50);
  }
  const plain = queries.filter(({ filters }) => Object.keys(filters).length === 0);
  expect(plain).toHaveLength(500);
});
