import { expect, test } from 'vitest';
import { unitsPlanned } from '../flag-values.ts';
import { readReplayOptions } from './options.ts';

const FILES = ['--catalog', 'c.csv', '--invoices', 'i.csv'];
const read = (...more: string[]) => readReplayOptions([...FILES, ...more]);

test('by default a replay has all invoices, full speed and exactly the required stock', () => {
  expect(read()).toMatchObject({
    window: { from: undefined, to: undefined },
    speed: 'max',
    stock: 'exact',
    onError: 'stop',
    restart: false,
  });
});

test('reads all options', () => {
  const options = read('--speed', '0.5', '--stock', '7', '--to', '2010-12-02', '--restart');
  const to = Date.UTC(2010, 11, 2);
  expect(options).toMatchObject({ speed: 0.5, stock: 7, window: { to }, restart: true });
});

test.each([
  [['--speed', '0'], '--speed must be max or a number above 0'],
  [['--speed', 'fast'], '--speed must be max'],
  [['--stock', 'some'], '--stock must be exact, half or a whole number'],
  [['--concurrency', '0'], '--concurrency must be a whole number from 1'],
  [['--from', 'today'], '--from must be a time like'],
  [['--from', '2011-01-01', '--to', '2010-01-01'], '--to must be later'],
  [['--on-error', 'ignore'], '--on-error must be stop or skip'],
  [['--fast'], "Unknown option '--fast'"],
])('rejects %j', (args, message) => {
  expect(() => read(...args)).toThrow(message);
});

test('refuses a catalogue without invoices', () => {
  expect(() => readReplayOptions(['--catalog', 'c.csv'])).toThrow('--invoices FILE are needed');
});

test('rounds half the stock down', () => {
  expect(unitsPlanned('half', 7)).toBe(3);
  expect(unitsPlanned('exact', 7)).toBe(7);
  expect(unitsPlanned(100, 7)).toBe(100);
});
