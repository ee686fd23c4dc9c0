import { expect, test } from 'vitest';
import { toCart } from '../k6/script/carts.js';
import { countDemand } from '../k6/test-products.ts';
import { readSaleOptions } from './options.ts';

/** Returns the phases of a sale with these arguments. */
function readPhases(args: readonly string[]) {
  return readSaleOptions(args).runs.flatMap(({ phases }) => phases);
}

test('by default a sale runs all three scenarios at modest rates with half the stock', () => {
  const phases = readPhases([]);
  expect(phases.map(({ name }) => name)).toEqual(['hot', 'spread', 'mix']);
  expect(phases.every(({ rate, seconds }) => rate <= 200 && seconds <= 30)).toBe(true);
  expect(phases.every(({ stockPercent }) => stockPercent === 50)).toBe(true);
});

test('reads rates, times and limits', () => {
  const args = '--scenarios mix,hot --hot-rate 7 --seconds 3 --stock 200 --outcome-p99-ms 90';
  const phases = readPhases(args.split(' '));
  const common = { seconds: 3, stockPercent: 200, limitsMs: { outcomeP99: 90 } };
  expect(phases).toMatchObject([
    { name: 'hot', cart: 'hot', rate: 7, ...common },
    { name: 'mix', cart: 'mix', rate: 50, ...common },
  ]);
});

test.each([
  ['--scenarios cold', '--scenarios must be some of hot,spread,mix, not cold'],
  ['--hot-rate 0', '--hot-rate must be a whole number from 1 to 5000, not 0'],
  ['--seconds 1.5', '--seconds must be a whole number'],
  ['--rate 5', "Unknown option '--rate'"],
])('rejects %s', (args, message) => {
  expect(() => readSaleOptions(args.split(' '))).toThrow(message);
});

test('a mixed cart has one to seven lines, and every fourth cart contains a product twice', () => {
  for (let number = 0; number < 2_000; number += 1) {
    const cart = toCart('mix', number, 40);
    expect(cart.length).toBeGreaterThan(0);
    expect(cart.length).toBeLessThanOrEqual(7);
    for (const { place, quantity } of cart) {
      expect(place >= 0 && place < 40 && quantity >= 1 && quantity <= 3).toBe(true);
    }
    const repeats = cart.length - new Set(cart.map(({ place }) => place)).size;
    if (number % 4 === 0) expect(repeats).toBeGreaterThan(0);
  }
});

test('computes the demand in advance', () => {
  expect(countDemand({ cart: 'hot', rate: 10, seconds: 3 })).toEqual([30]);
  expect(countDemand({ cart: 'spread', rate: 100, seconds: 2 })).toEqual(new Array(100).fill(2));
  const mix = countDemand({ cart: 'mix', rate: 50, seconds: 20 });
  expect(mix).toHaveLength(40);
  expect(mix.every((units) => units > 100)).toBe(true);
});
