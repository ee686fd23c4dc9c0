import { expect, test } from 'vitest';
import { createChoices } from '../system/choices.ts';
import { FAULT_NAMES } from './faults.ts';
import { readChaosOptions } from './options.ts';

const read = (line: string) => readChaosOptions(line.split(' ').filter(Boolean));

test('by default a campaign causes each fault once, with a random seed', () => {
  const { faults, rounds, seed } = read('');
  expect({ faults, rounds }).toEqual({ faults: FAULT_NAMES, rounds: 1 });
  expect(seed).toSatisfy((value: number) => Number.isInteger(value) && value >= 0);
});

test('faults, rounds and seed can be chosen', () => {
  expect(read('--faults redis-wiped,api-killed --rounds 3 --seed 7')).toEqual({
    faults: ['api-killed', 'redis-wiped'],
    rounds: 3,
    seed: 7,
  });
});

test.each([
  ['--faults nothing', '--faults must be some of worker-killed,'],
  ['--rounds 0', '--rounds must be a whole number from 1 to 1000, not 0'],
  ['--seed x', '--seed must be a whole number from 0 to 999999999, not x'],
  ['--speed 2', "Unknown option '--speed'"],
])('%s is refused', (line, message) => {
  expect(() => read(line)).toThrow(message);
});

test('the same seed repeats the choices, and another seed changes them', () => {
  const order = (seed: number) => createChoices(seed).shuffle(FAULT_NAMES);
  expect(order(1)).toEqual(order(1));
  expect(order(1)).not.toEqual(order(2));
  expect(order(1).toSorted()).toEqual([...FAULT_NAMES].toSorted());
});
