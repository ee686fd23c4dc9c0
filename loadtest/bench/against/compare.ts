import { PROCESSES } from '../report/report.ts';
import { aligned } from '../report/table.ts';
import { median } from '../statistics.ts';

/** One compared figure; `path` leads to it in a report. */
interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly path: string;
}

/**
 * The JSON that `npm run bench` prints last. Another revision may measure other things, so only
 * `ok` is certain.
 */
export interface Report {
  readonly ok?: boolean;
  readonly [member: string]: unknown;
}

/** The reports of one pair of runs: the other revision's and this tree's. */
export interface Pair {
  readonly before: Report;
  readonly after: Report;
}

/** The comparison of one figure. */
export interface Comparison {
  readonly name: string;
  readonly unit: string;
  /** Medians over all pairs. */
  readonly before: number;
  readonly after: number;
  /** The median of after ÷ before within the pairs, and its extremes. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
  /** Whether every pair shows a difference in the same direction. */
  readonly isBeyondNoise: boolean;
}

/** Fewer pairs agree by chance too often: four pairs do so in one of eight cases. */
const PAIRS_TO_JUDGE_MIN = 5;

const FIGURES: readonly Figure[] = [
  { name: 'HOT', unit: '/s', path: 'hot.perSecond' },
  ...cpuFigures('HOT', 'hot'),
  { name: 'SPREAD', unit: '/s', path: 'spread.perSecond' },
  ...cpuFigures('SPREAD', 'spread'),
  { name: 'BATCH_MAX=1', unit: '/s', path: 'single.perSecond' },
  ...cpuFigures('awaited', 'latency'),
  { name: '202, p50', unit: 'ms', path: 'latency.acceptedMs.p50' },
  { name: '202, p99', unit: 'ms', path: 'latency.acceptedMs.p99' },
  { name: 'outcome, p50', unit: 'ms', path: 'latency.outcomeMs.p50' },
  { name: 'outcome, p99', unit: 'ms', path: 'latency.outcomeMs.p99' },
];

/**
 * Compares two revisions by pairs of runs. Machines drift, so each run is compared only with its
 * partner and not with the median of all runs. A figure differs beyond noise if there are at least
 * five pairs and all of them differ in the same direction (two-sided sign test, p ≤ 1/16).
 */
export function compare(pairs: readonly Pair[]): Comparison[] {
  return FIGURES.flatMap(({ name, unit, path }) => {
    const both = pairs.flatMap((pair) => {
      const before = readFigure(pair.before, path);
      const after = readFigure(pair.after, path);
      const isComparable = before !== undefined && after !== undefined && before > 0;
      return isComparable ? [{ before, after, ratio: after / before }] : [];
    });
    if (both.length === 0) return [];
    const ratios = both.map(({ ratio }) => ratio);
    const [ratioMin, ratioMax] = [Math.min(...ratios), Math.max(...ratios)];
    return {
      name,
      unit,
      before: median(both.map(({ before }) => before)),
      after: median(both.map(({ after }) => after)),
      ratio: median(ratios),
      ratioMin,
      ratioMax,
      isBeyondNoise: both.length >= PAIRS_TO_JUDGE_MIN && (ratioMin > 1 || ratioMax < 1),
    };
  });
}

/** Returns the comparison as a table for a terminal. */
export function comparisonAsText(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((each) => [
    each.name,
    `${each.before.toFixed(0)} ${each.unit}`,
    `${each.after.toFixed(0)} ${each.unit}`,
    `× ${each.ratio.toFixed(2)}`,
    `${each.ratioMin.toFixed(2)} to ${each.ratioMax.toFixed(2)}`,
    each.isBeyondNoise ? 'differs' : 'within noise',
  ]);
  return aligned([['', 'before', 'after', 'ratio', 'of the pairs', ''], ...rows]);
}

/** The CPU time per checkout, in all processes and in each. */
function cpuFigures(name: string, loop: string): Figure[] {
  return [
    { name: `${name}: sum`, unit: 'µs', path: `${loop}.cpuMicrosTotal` },
    ...PROCESSES.map((process) => {
      return { name: `${name}: ${process}`, unit: 'µs', path: `${loop}.cpuMicros.${process}` };
    }),
  ];
}

/** Returns undefined if the revision does not measure the figure. */
function readFigure(report: Report, path: string): number | undefined {
  let found: unknown = report;
  for (const member of path.split('.')) {
    found = (found as Readonly<Record<string, unknown>> | undefined)?.[member];
  }
  return typeof found === 'number' ? found : undefined;
}
