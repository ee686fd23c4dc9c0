import { median } from '../statistics.ts';

/** Reads one figure from a report. Returns undefined if the revision does not measure it. */
interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly read: (report: Report) => number | undefined;
}

interface Loop {
  readonly perSecond?: number;
  readonly cpuMicrosTotal?: number;
  readonly cpuMicros?: Readonly<Record<string, number>>;
}

interface Times {
  readonly p50?: number;
  readonly p99?: number;
}

/**
 * The compared part of the JSON that `npm run bench` prints last. All members are optional,
 * because another revision may measure other things.
 */
export interface Report {
  readonly ok?: boolean;
  readonly hot?: Loop;
  readonly spread?: Loop;
  readonly single?: Loop;
  readonly latency?: Loop & { readonly acceptedMs?: Times; readonly outcomeMs?: Times };
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

const PROCESSES = ['client', 'api', 'redis', 'worker', 'mongod'] as const;

/** Fewer pairs agree by chance too often: four pairs do so in one of eight cases. */
const PAIRS_TO_JUDGE_MIN = 5;

const FIGURES: readonly Figure[] = [
  ...loopFigures('HOT', (report) => report.hot),
  ...loopFigures('SPREAD', (report) => report.spread),
  { name: 'BATCH_MAX=1', unit: '/s', read: (report) => report.single?.perSecond },
  { name: 'awaited: sum', unit: 'µs', read: (report) => report.latency?.cpuMicrosTotal },
  ...PROCESSES.map(
    (process): Figure => ({
      name: `awaited: ${process}`,
      unit: 'µs',
      read: (report) => report.latency?.cpuMicros?.[process],
    }),
  ),
  { name: '202, p50', unit: 'ms', read: (report) => report.latency?.acceptedMs?.p50 },
  { name: '202, p99', unit: 'ms', read: (report) => report.latency?.acceptedMs?.p99 },
  { name: 'outcome, p50', unit: 'ms', read: (report) => report.latency?.outcomeMs?.p50 },
  { name: 'outcome, p99', unit: 'ms', read: (report) => report.latency?.outcomeMs?.p99 },
];

/**
 * Compares two revisions by pairs of runs. Machines drift, so each run is compared only with its
 * partner and not with the median of all runs. A figure differs beyond noise if there are at least
 * five pairs and all of them differ in the same direction (two-sided sign test, p ≤ 1/16).
 */
export function compare(pairs: readonly Pair[]): Comparison[] {
  return FIGURES.flatMap(({ name, unit, read }) => {
    const both = pairs.flatMap((pair) => {
      const before = read(pair.before);
      const after = read(pair.after);
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
  const table = [['', 'before', 'after', 'ratio', 'of the pairs', ''], ...rows];
  const widths = table[0]?.map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (row: readonly string[]) =>
    row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join('  ');
  return table.map((row) => pad(row).trimEnd()).join('\n');
}

function loopFigures(name: string, loop: (report: Report) => Loop | undefined): Figure[] {
  return [
    { name, unit: '/s', read: (report) => loop(report)?.perSecond },
    { name: `${name}: sum`, unit: 'µs', read: (report) => loop(report)?.cpuMicrosTotal },
    ...PROCESSES.map(
      (process): Figure => ({
        name: `${name}: ${process}`,
        unit: 'µs',
        read: (report) => loop(report)?.cpuMicros?.[process],
      }),
    ),
  ];
}
