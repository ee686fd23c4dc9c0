import { expect, test } from 'vitest';
import { parseTopology } from './topology.ts';

test('the topology is single unless the command line names another', () => {
  expect(parseTopology(['tests/one'])).toEqual({ topology: 'single', positionals: ['tests/one'] });
  expect(parseTopology(['--topology', 'cluster'])).toEqual({
    topology: 'cluster',
    positionals: [],
  });
});

test('an unknown topology is refused', () => {
  expect(() => parseTopology(['--topology', 'ring'])).toThrow(
    '--topology must be single or cluster',
  );
});

test('an unknown flag is refused', () => {
  expect(() => parseTopology(['--topologies', 'cluster'])).toThrow("Unknown option '--topologies'");
});
