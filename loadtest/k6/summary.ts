import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** The figures of k6 that a run is judged by. */
export interface K6Summary {
  readonly counts: Readonly<Record<(typeof COUNTERS)[number], number>>;
  /** Descriptions of thresholds that failed. */
  readonly failedThresholds: readonly string[];
  /** Percentiles in ms by phase, of the phases that had a response. */
  readonly times: ReadonlyMap<string, PhaseTimes>;
}

/** Percentiles of one phase in ms. */
export interface PhaseTimes {
  readonly postP95: number;
  readonly postP99: number;
  readonly outcomeP95: number;
  readonly outcomeP99: number;
}

const COUNTERS = ['accepted', 'placed', 'rejected', 'failed', 'unsettled', 'shed'] as const;
const PHASE = /^time_to_outcome\{scenario:([^,}]+)\}$/;

const metric = z.looseObject({
  count: z.number().optional(),
  'p(95)': z.number().optional(),
  'p(99)': z.number().optional(),
  /** True if the threshold failed. */
  thresholds: z.record(z.string(), z.boolean()).optional(),
});
const summary = z.object({ metrics: z.record(z.string(), metric) });

type Metrics = z.output<typeof summary>['metrics'];

/**
 * Reads the file that k6 writes at its end. If it cannot be read, for example because k6 did not
 * start, the counts are 0 and there are no times.
 */
export async function readSummary(file: string): Promise<K6Summary> {
  return toSummary(await readFile(file, 'utf8').catch(() => '{"metrics":{}}'));
}

/** Parses a summary of k6, which omits counters that are 0. */
export function toSummary(text: string): K6Summary {
  const { metrics } = summary.parse(JSON.parse(text));
  const counts = COUNTERS.map((name) => [name, metrics[`checkouts_${name}`]?.count ?? 0]);
  return {
    counts: Object.fromEntries(counts) as K6Summary['counts'],
    failedThresholds: listFailedThresholds(metrics),
    times: toTimes(metrics),
  };
}

function listFailedThresholds(metrics: Metrics): string[] {
  return Object.entries(metrics).flatMap(([name, { thresholds = {}, ...values }]) =>
    Object.entries(thresholds)
      .filter(([, hasFailed]) => hasFailed)
      .map(([condition]) => {
        const [aggregate = ''] = condition.split(/[<>=]/);
        const value = values[aggregate.trim()] ?? values['value'];
        const seen = typeof value === 'number' ? `, but is ${Number(value.toFixed(4))}` : '';
        return `${name} must be ${condition}${seen}`;
      }),
  );
}

function toTimes(metrics: Metrics): Map<string, PhaseTimes> {
  const times = new Map<string, PhaseTimes>();
  for (const [name, outcome] of Object.entries(metrics)) {
    const phase = PHASE.exec(name)?.[1];
    const post = metrics[`http_req_duration{scenario:${phase},step:accept}`];
    if (phase === undefined || post === undefined) continue;
    times.set(phase, {
      postP95: post['p(95)'] ?? 0,
      postP99: post['p(99)'] ?? 0,
      outcomeP95: outcome['p(95)'] ?? 0,
      outcomeP99: outcome['p(99)'] ?? 0,
    });
  }
  return times;
}
