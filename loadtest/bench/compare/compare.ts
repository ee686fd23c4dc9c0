import { PROCESSES } from '../report/report.ts';
import { aligned } from '../report/table.ts';
import { median, percentile } from '../statistics.ts';

/** One compared figure; `path` leads to it in a report. */
interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly path: string;
}

/** The figures of one system in one pair, as in the bench's report. */
export type Figures = Readonly<Record<string, unknown>>;

/** What was measured with each of the two systems in one pair of rounds. */
export interface Pair {
  readonly before: Figures;
  readonly after: Figures;
}

/** The comparison of one figure. */
export interface Comparison {
  readonly name: string;
  readonly unit: string;
  /** Medians over all pairs. */
  readonly before: number;
  readonly after: number;
  /** The median of after ÷ before within the pairs, its middle half, and its extremes. */
  readonly ratio: number;
  readonly ratioP25: number;
  readonly ratioP75: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
  /** Whether the pairs differ in the same direction more often than chance would explain. */
  readonly isBeyondNoise: boolean;
}

/** The largest p-value at which a difference counts. Five of five pairs have exactly this p-value. */
const P_VALUE_MAX = 1 / 16;

const FIGURES: readonly Figure[] = [
  { name: 'HOT', unit: '/s', path: 'hot.perSecond' },
  ...cpuFigures('HOT', 'hot'),
  { name: 'HOT: later', unit: 'µs', path: 'hot.laterMicros' },
  { name: 'SPREAD', unit: '/s', path: 'spread.perSecond' },
  ...cpuFigures('SPREAD', 'spread'),
  { name: 'SPREAD: later', unit: 'µs', path: 'spread.laterMicros' },
  ...cpuFigures('awaited', 'latency'),
  { name: '202, p50', unit: 'ms', path: 'latency.acceptedMs.p50' },
  { name: '202, p99', unit: 'ms', path: 'latency.acceptedMs.p99' },
  { name: 'outcome, p50', unit: 'ms', path: 'latency.outcomeMs.p50' },
  { name: 'outcome, p99', unit: 'ms', path: 'latency.outcomeMs.p99' },
  ...cpuFigures('awaited by the POST', 'oneRequest'),
  { name: 'outcome by the POST, p50', unit: 'ms', path: 'oneRequest.outcomeMs.p50' },
  { name: 'outcome by the POST, p99', unit: 'ms', path: 'oneRequest.outcomeMs.p99' },
];

/**
 * Compares two systems by pairs of rounds. Machines drift, so each round is compared only with the
 * other system's round in the same pair, not with the median of all rounds. A figure differs beyond
 * noise if the p-value of a two-sided sign test of the ratios is at most 1/16: five of five pairs,
 * or 15 of 20.
 */
export function compare(pairs: readonly Pair[]): Comparison[] {
  return FIGURES.flatMap(({ name, unit, path }) => {
    const comparable = pairs.flatMap((pair) => {
      const before = readFigure(pair.before, path);
      const after = readFigure(pair.after, path);
      // CPU time is counted in steps of 10 ms, so a short round may show none.
      const isComparable = before !== undefined && after !== undefined && before > 0 && after > 0;
      return isComparable ? [{ before, after, ratio: after / before }] : [];
    });
    if (comparable.length === 0) return [];
    const ratios = comparable.map(({ ratio }) => ratio);
    return {
      name,
      unit,
      before: median(comparable.map(({ before }) => before)),
      after: median(comparable.map(({ after }) => after)),
      ratio: median(ratios),
      ratioP25: percentile(ratios, 0.25),
      ratioP75: percentile(ratios, 0.75),
      ratioMin: Math.min(...ratios),
      ratioMax: Math.max(...ratios),
      isBeyondNoise: toPValue(ratios) <= P_VALUE_MAX,
    };
  });
}

/**
 * Returns the comparison as a table for a terminal.
 * @param heads the names of the two systems
 */
export function comparisonAsText(
  comparisons: readonly Comparison[],
  heads: Readonly<Record<keyof Pair, string>> = { before: 'before', after: 'after' },
): string {
  const rows = comparisons.map((figure) => [
    figure.name,
    `${figure.before.toFixed(0)} ${figure.unit}`,
    `${figure.after.toFixed(0)} ${figure.unit}`,
    `× ${figure.ratio.toFixed(2)}`,
    `${figure.ratioP25.toFixed(2)} to ${figure.ratioP75.toFixed(2)}`,
    `${figure.ratioMin.toFixed(2)} to ${figure.ratioMax.toFixed(2)}`,
    figure.isBeyondNoise ? 'differs' : 'within noise',
  ]);
  const { before, after } = heads;
  return aligned([['', before, after, 'ratio', 'middle half', 'of the pairs', ''], ...rows]);
}

/**
 * Returns the p-value of a two-sided sign test: how probable it is that at least so many ratios lie
 * on one side of 1 if the systems do not differ. Ratios of exactly 1 do not count.
 */
function toPValue(ratios: readonly number[]): number {
  const above = ratios.filter((ratio) => ratio > 1).length;
  const below = ratios.filter((ratio) => ratio < 1).length;
  const count = above + below;
  let combinations = 1;
  let tail = 0;
  for (let fewer = 0; fewer <= Math.min(above, below); fewer += 1) {
    tail += combinations;
    combinations = (combinations * (count - fewer)) / (fewer + 1);
  }
  return Math.min(1, (2 * tail) / 2 ** count);
}

/** Returns the figures of the CPU time per checkout: of all processes together and of each. */
function cpuFigures(name: string, loop: string): Figure[] {
  return [
    { name: `${name}: sum`, unit: 'µs', path: `${loop}.cpuMicrosTotal` },
    ...PROCESSES.map((process) => {
      return { name: `${name}: ${process}`, unit: 'µs', path: `${loop}.cpuMicros.${process}` };
    }),
  ];
}

/** Returns the figure at a path; undefined if the system does not measure it. */
function readFigure(figures: Figures, path: string): number | undefined {
  let value: unknown = figures;
  for (const member of path.split('.')) {
    value = (value as Readonly<Record<string, unknown>> | undefined)?.[member];
  }
  return typeof value === 'number' ? value : undefined;
}
