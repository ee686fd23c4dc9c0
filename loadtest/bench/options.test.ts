import { expect, test } from 'vitest';
import { HELP, NUMBERS, parseOptions } from './options.ts';

test('runs the full form by default', () => {
  const options = parseOptions([]);
  expect(options).toMatchObject({ isQuick: false, connections: 128, rate: 1_000 });
  expect(options.printsMarkdown).toBe(false);
});

test('the quick form uses smaller numbers', () => {
  const [full, quick] = [parseOptions([]), parseOptions(['--quick'])];
  expect(quick.rounds).toBeLessThan(full.rounds);
  expect(quick.checkouts).toBeLessThan(full.checkouts);
  expect(quick.partOperations).toBeLessThan(full.partOperations);
});

test('a flag overrides the number of the form', () => {
  const options = parseOptions(['--quick', '--rate', '250', '--single-checkouts=10']);
  expect(options).toMatchObject({ rate: 250, singleCheckouts: 10, rounds: 1 });
});

test('--only selects a single measurement', () => {
  const options = parseOptions(['--only', 'search', '--catalog', 'c.csv']);
  expect(options).toMatchObject({ only: 'search', catalog: 'c.csv', searchQueries: 2_000 });
  expect(parseOptions(['--only', 'import', '--catalog', 'c.csv'])).toMatchObject({
    only: 'import',
    importMsMax: 10_000,
  });
});

test('growth needs no catalogue', () => {
  const args = ['--only', 'growth', '--past-orders', '7'];
  expect(parseOptions(args)).toMatchObject({ only: 'growth', pastOrders: 7 });
});

test('the storm needs no catalogue', () => {
  const options = parseOptions(['--only', 'storm', '--storm-units', '9']);
  expect(options).toMatchObject({ only: 'storm', stormBuyers: 20_000, stormUnits: 9 });
});

test('the watchers need no catalogue', () => {
  const options = parseOptions(['--only', 'watchers', '--pairs', '3']);
  expect(options).toMatchObject({ only: 'watchers', watchers: 20, pairs: 3 });
});

test('a comparison has many short rounds by default', () => {
  const short = { against: 'v1', pairs: 20, checkouts: 3_000, rateSeconds: 3, connections: 128 };
  expect(parseOptions(['--against', 'v1'])).toMatchObject(short);
  const args = ['--against', 'v1', '--pairs=7', '--checkouts', '5000'];
  expect(parseOptions(args)).toMatchObject({ ...short, pairs: 7, checkouts: 5_000 });
  const quick = { pairs: 1, checkouts: 1_500, rateSeconds: 2 };
  expect(parseOptions(['--against', 'v1', '--quick'])).toMatchObject(quick);
});

test('the comparison with clusters has ten pairs of short rounds by default', () => {
  const short = { only: 'clusters', pairs: 10, checkouts: 3_000, rateSeconds: 3, rate: 1_000 };
  expect(parseOptions(['--only', 'clusters'])).toMatchObject(short);
  const args = ['--only', 'clusters', '--pairs=7', '--rate-seconds', '1'];
  expect(parseOptions(args)).toMatchObject({ ...short, pairs: 7, rateSeconds: 1 });
  const quick = { pairs: 1, checkouts: 1_500, rateSeconds: 2 };
  expect(parseOptions(['--only', 'clusters', '--quick'])).toMatchObject(quick);
});

test.each([
  [['--against', 'v1', '--only', 'search', '--catalog', 'c.csv'], 'remove --only'],
  [['--against', 'v1', '--only', 'clusters'], 'remove --only'],
  [['--rate', '0'], '--rate must be a whole number from 1'],
  [['--rounds', '2.5'], '--rounds'],
  [['--checkouts', '1e9'], '--checkouts'],
  [['--rate'], '--rate'],
  [['--bogus'], '--bogus'],
  [['stray'], 'stray'],
  [
    ['--only', 'checkouts', '--catalog', 'c.csv'],
    '--only must be one of search, import, growth, storm, draw, overload, records, watchers, places, clusters',
  ],
  [['--only', 'search'], '--catalog FILE'],
  [['--only', 'import'], '--catalog FILE'],
  [['--only', 'growth', '--catalog', 'c.csv'], '--catalog FILE'],
  [['--only', 'storm', '--catalog', 'c.csv'], '--catalog FILE'],
  [['--only', 'clusters', '--catalog', 'c.csv'], '--catalog FILE'],
  [['--catalog', 'c.csv'], '--only search'],
])('rejects %j: %s', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});

test.each(Object.values(NUMBERS))('the help shows the default of --$flag', ({ flag, full }) => {
  const line = HELP.split('\n').find((helpLine) => helpLine.startsWith(`  --${flag} N `));
  expect(line).toContain(`(${full})`);
});
