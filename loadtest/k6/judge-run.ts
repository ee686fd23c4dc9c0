import type { SeenVerdict } from '../system/final-verdict.ts';
import type { K6Result } from './run-k6.ts';
import type { PhaseTimes } from './summary.ts';

const THRESHOLD_FAILED = 99;
/** The p95 to the outcome may grow in a long run to this many times its first value, plus the spare. */
const DRIFT_FACTOR_MAX = 2;
const DRIFT_SPARE_MS = 50;

/** Returns failed thresholds, an unexpected exit code of k6, or that no checkout was accepted. */
export function findLoadFailures({
  exitCode,
  counts,
  failedThresholds,
}: Pick<K6Result, 'exitCode' | 'counts' | 'failedThresholds'>): string[] {
  const failures = failedThresholds.map((text) => `threshold: ${text}`);
  if (exitCode === THRESHOLD_FAILED && failures.length === 0) failures.push('a threshold failed');
  if (exitCode !== 0 && exitCode !== THRESHOLD_FAILED) failures.push(`k6 exited with ${exitCode}`);
  if (exitCode === 0 && counts.accepted === 0) failures.push('no checkout of k6 was accepted');
  return failures;
}

/** Returns what the record shows: a verdict that is not ok, lost checkouts, oversold products. */
export function findLedgerFailures(
  accepted: number,
  verdict: SeenVerdict,
  oversold: readonly string[],
): string[] {
  const failures = oversold.map((text) => `oversold: ${text}`);
  if (!verdict.ok) failures.push('the verdict is not ok');
  if (verdict.accepted < accepted) {
    failures.push(
      `k6 got ${accepted} answers 202, but the database holds ${verdict.accepted} checkouts`,
    );
  }
  return failures;
}

/** Describes whether a run passed, its verdict and its failures, in this order. */
export function describeResult({
  failures,
  verdict,
}: {
  readonly failures: readonly string[];
  readonly verdict: Pick<SeenVerdict, 'ok'>;
}): string {
  const passed = failures.length === 0 ? 'passed' : 'failed';
  return [passed, `verdict ${verdict.ok ? 'ok' : 'not ok'}`, ...failures].join('; ');
}

/** Returns a description if outcomes took much longer in the last phase than in the first. */
export function findDrift(times: ReadonlyMap<string, PhaseTimes>): string[] {
  const [first, last] = [times.get('first'), times.get('last')];
  if (first === undefined || last === undefined) return [];
  const limit = first.outcomeP95 * DRIFT_FACTOR_MAX + DRIFT_SPARE_MS;
  if (last.outcomeP95 <= limit) return [];
  const [was, is] = [first.outcomeP95, last.outcomeP95].map((ms) => Math.round(ms));
  return [`slower at the end: p95 to the outcome was ${was} ms and is ${is} ms`];
}
