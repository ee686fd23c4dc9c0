import { expect, test } from 'vitest';
import { K6_HELP, readK6Options } from './options.ts';
import { describeLoad, totalSeconds } from './phases.ts';
import { CATALOGUE, SCENARIOS } from './scenarios.ts';

test('the help lists each scenario with its load', () => {
  for (const name of SCENARIOS) expect(K6_HELP).toContain(`  ${name.padEnd(12)} `);
  expect(K6_HELP).toContain(
    'storm        20,000 buyers want 500 units of one product: 1000/s for 20 s',
  );
});

test('the phases of a scenario have different names, and a soak takes 20 minutes', () => {
  for (const { phases } of Object.values(CATALOGUE)) {
    expect(new Set(phases.map(({ name }) => name)).size).toBe(phases.length);
  }
  const seconds = CATALOGUE.soak.phases.reduce((sum, phase) => sum + phase.seconds, 0);
  expect(seconds).toBe(1_200);
});

test('all scenarios in the short form take less than two minutes', () => {
  const { runs } = readK6Options(['all', '--short']);
  expect(runs.map(({ name }) => name)).toEqual(SCENARIOS);
  expect(runs.every(({ isShort }) => isShort)).toBe(true);
  expect(runs.reduce((sum, { phases }) => sum + totalSeconds(phases), 0)).toBeLessThan(120);
  expect(runs.filter(({ isSigned }) => isSigned).map(({ name }) => name)).toEqual(['signed']);
});

test('describes the load of phases, by name if there are several', () => {
  const [hot] = readK6Options(['hot', '--short']).runs;
  expect([hot?.isShort, describeLoad(hot?.phases ?? [])]).toEqual([true, '50/s for 3 s']);
  const [spike] = readK6Options(['spike']).runs;
  expect([spike?.isShort, describeLoad(spike?.phases ?? [])]).toEqual([
    false,
    'before 20/s for 10 s, peak 400/s for 10 s, after 20/s for 10 s',
  ]);
});

test('reads rate, seconds, stock and limits', () => {
  const args = 'spike --short --rate 7 --seconds 4 --stock 200 --outcome-p99-ms 90'.split(' ');
  const [run] = readK6Options(args).runs;
  const common = { rate: 7, seconds: 4, stockPercent: 200, limitsMs: { outcomeP99: 90 } };
  expect(run?.phases).toMatchObject([
    { name: 'before', mayShed: false, ...common },
    { name: 'peak', mayShed: true, ...common },
    { name: 'after', mayShed: false, ...common },
  ]);
});

test.each([
  ['', 'SCENARIO must be one of hot, spread, carts'],
  ['cold', 'or all, not cold'],
  ['hot spread', 'or all, not hot spread'],
  ['hot --rate 0', '--rate must be a whole number from 1 to 5000, not 0'],
  ['hot --long', "Unknown option '--long'"],
])('rejects %s', (args, message) => {
  expect(() => readK6Options(args.split(' ').filter(Boolean))).toThrow(message);
});
