import { readdir } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { projectRoot } from '../../../shared/runtime/env.ts';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { compareWith } from './run-against.ts';

const TIMEOUT_MS = 180_000;

afterEach(() => vi.unstubAllEnvs());

test('compares this tree with itself and reports the figures of both systems', {
  timeout: TIMEOUT_MS,
}, async () => {
  const dataDir = await temporaryFolder();
  vi.stubEnv('DATA_DIR', dataDir);
  const lines: string[] = [];
  const options = { pairs: 2, checkouts: 40, connections: 8, warmUpCheckouts: 10 };
  const open = { rate: 50, rateSeconds: 1 };
  const report = await compareWith(projectRoot, { ...options, ...open }, (line) =>
    lines.push(line),
  );
  expect(report).toMatchObject({ ok: true, problems: [], pairs: 2 });
  const names = report.figures.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['HOT', 'SPREAD', 'SPREAD: sum', 'awaited: sum', '202, p99']),
  );
  expect(names).toEqual(expect.arrayContaining(['outcome, p50', 'outcome by the POST, p99']));
  for (const { before, after, isBeyondNoise } of report.figures) {
    expect([before, after].every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
    // Two pairs agree by chance too often.
    expect(isBeyondNoise).toBe(false);
  }
  expect(lines.at(-1)).toBe('taking the verdicts');
  expect(lines).toContainEqual(expect.stringMatching(/^pair 2 of 2: HOT × \d+\.\d\d, SPREAD ×/));
  expect(await readdir(dataDir)).toEqual([]);
});
