import type { SeenVerdict } from '../system/final-verdict.ts';
import type { K6Result } from './run-k6.ts';

interface SaleEvidence {
  readonly k6: K6Result;
  readonly verdict: SeenVerdict;
  /** Descriptions of oversold products. */
  readonly oversold: readonly string[];
}

const THRESHOLD_FAILED = 99;

/** Returns descriptions of everything that makes the sale fail; empty if it passed. */
export function findFailures({ k6, verdict, oversold }: SaleEvidence): string[] {
  const complaints: string[] = [];
  if (k6.exitCode === THRESHOLD_FAILED) complaints.push('a threshold of k6 failed');
  else if (k6.exitCode !== 0) complaints.push(`k6 exited with ${k6.exitCode}`);
  else if (k6.counts.accepted === 0) complaints.push('no checkout of k6 was accepted');
  if (!verdict.ok) complaints.push('the verdict is not ok');
  if (verdict.accepted < k6.counts.accepted) {
    const { accepted } = k6.counts;
    complaints.push(
      `k6 got ${accepted} times 202, but the database holds ${verdict.accepted} checkouts`,
    );
  }
  return [...complaints, ...oversold.map((text) => `oversold: ${text}`)];
}
