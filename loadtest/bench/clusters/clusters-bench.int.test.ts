import { readdir } from 'node:fs/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { ARRANGEMENTS, clustersReportAsText, runClustersBench } from './run-clusters-bench.ts';

const TIMEOUT_MS = 180_000;

test('members, masters and partitions are compared with the plain system', {
  timeout: TIMEOUT_MS,
}, async () => {
  const dataDir = await temporaryFolder();
  vi.stubEnv('DATA_DIR', dataDir);
  onTestFinished(() => void vi.unstubAllEnvs());
  const lines: string[] = [];
  const options = { pairs: 1, checkouts: 40, connections: 8, warmUpCheckouts: 10 };
  const open = { rate: 50, rateSeconds: 1 };
  const log = (line: string) => lines.push(line);
  // The last arrangement starts all servers that the others start.
  const report = await runClustersBench({ ...options, ...open }, log, ARRANGEMENTS.slice(-1));
  expect(report.ok).toBe(true);
  expect(report.comparisons.map(({ name }) => name)).toEqual(['clusters']);
  for (const comparison of report.comparisons) {
    expect(comparison).toMatchObject({ ok: true, problems: [], pairs: 1 });
    const figures = comparison.figures.map(({ name }) => name);
    expect(figures).toEqual(
      expect.arrayContaining(['HOT', 'SPREAD', 'HOT: mongod', 'awaited: sum', '202, p99']),
    );
    expect(figures).toContain('outcome by the POST, p99');
  }
  expect(lines.filter((line) => line.startsWith('pair 1 of 1: HOT × '))).toHaveLength(1);
  const text = clustersReportAsText(report);
  expect(text).toMatch(/^three members of .+; pairs of rounds: 1\n +plain +clusters +ratio/);
  expect(text).toMatch(/^verdicts: ok$/m);
  const [first] = report.comparisons;
  const failed = {
    ...report,
    comparisons: first ? [{ ...first, ok: false, problems: ['x'] }] : [],
  };
  expect(clustersReportAsText(failed)).toMatch(/FAILED: x\nverdicts: NOT OK$/);
  expect(await readdir(dataDir)).toEqual([]);
});
