import { readdir } from 'node:fs/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { clustersReportAsText, runClustersBench } from './run-clusters-bench.ts';

/** The form below takes a quarter of this on an idle machine. */
const TIMEOUT_MS = 480_000;

test('partitions, members and masters are each compared with the plain system', {
  timeout: TIMEOUT_MS,
}, async () => {
  const dataDir = await temporaryFolder();
  vi.stubEnv('DATA_DIR', dataDir);
  onTestFinished(() => void vi.unstubAllEnvs());
  const lines: string[] = [];
  const options = { pairs: 2, checkouts: 40, connections: 8, warmUpCheckouts: 10 };
  const open = { rate: 50, rateSeconds: 1 };
  const report = await runClustersBench({ ...options, ...open }, (line) => lines.push(line));
  expect(report.ok).toBe(true);
  const names = report.comparisons.map(({ name }) => name);
  expect(names).toEqual(['partitions', 'members', 'clusters']);
  for (const comparison of report.comparisons) {
    expect(comparison).toMatchObject({ ok: true, problems: [], pairs: 2 });
    const figures = comparison.figures.map(({ name }) => name);
    expect(figures).toEqual(
      expect.arrayContaining(['HOT', 'SPREAD', 'HOT: mongod', 'awaited: sum', '202, p99']),
    );
    expect(figures).toContain('outcome by the POST, p99');
  }
  expect(lines.filter((line) => line.startsWith('pair 2 of 2: HOT × '))).toHaveLength(3);
  const text = clustersReportAsText(report);
  expect(text).toMatch(/^4 partitions instead of 1, 2 pairs of rounds\n +plain +partitions +ratio/);
  expect(text.match(/^verdicts: ok$/gm)).toHaveLength(3);
  const [first] = report.comparisons;
  const failed = {
    ...report,
    comparisons: first ? [{ ...first, ok: false, problems: ['x'] }] : [],
  };
  expect(clustersReportAsText(failed)).toMatch(/FAILED: x\nverdicts: NOT OK$/);
  expect(await readdir(dataDir)).toEqual([]);
});
