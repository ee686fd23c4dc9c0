import { expect, test } from 'vitest';
import { CATALOGUE, shorten } from '../scenarios.ts';
import { toK6Options } from './options.js';

test.each([
  ['in full', (phase: (typeof CATALOGUE)['draw']['phases'][number]) => phase],
  ['shortened', shorten],
])(
  'the scenario draw, %s, starts with all of its buyers, because they stay until the draw closes',
  (_, change) => {
    const [phase] = CATALOGUE.draw.phases.map(change);
    if (phase === undefined) throw new Error('the scenario has no phase');
    const { draw } = toK6Options({ phases: [phase], pauseS: 0 }).scenarios;
    expect(draw?.preAllocatedVUs).toBe(phase.rate * phase.seconds);
    expect(draw?.maxVUs).toBeGreaterThanOrEqual(phase.rate * phase.seconds);
  },
);

test.each(['hot', 'spread', 'patient', 'soak'] as const)(
  'a shortened phase of %s starts with a buyer for each arrival',
  (name) => {
    for (const phase of CATALOGUE[name].phases.map(shorten)) {
      const { scenarios } = toK6Options({ phases: [phase], pauseS: 0 });
      const arrivals = phase.rate * phase.seconds;
      expect(scenarios[phase.name]?.preAllocatedVUs).toBeGreaterThanOrEqual(arrivals);
    }
  },
);
