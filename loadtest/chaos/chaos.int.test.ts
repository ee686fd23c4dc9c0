import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { runLoadProgram } from '../testing/run-load-program.ts';
import { FAULT_NAMES } from './faults.ts';

const MAIN = new URL('main.ts', import.meta.url);
const TIMEOUT_MS = 300_000;
const SELECTED = ['worker-killed', 'redis-wiped', 'primary-killed'];

test('a short campaign loses nothing, reports the faults that it left out, and removes its data', {
  timeout: TIMEOUT_MS,
}, async () => {
  const dataDir = await temporaryFolder();
  const args = ['--faults', SELECTED.join(','), '--seed', '1'];
  const { out, err, code } = await runLoadProgram({ main: MAIN, args, dataDir });
  expect(code, `${err}${out}`).toBe(0);
  const report = JSON.parse(out.trim().split('\n').at(-1) ?? '');
  expect(report).toMatchObject({
    ok: true,
    seed: 1,
    missing: 0,
    unexpected: [],
    differences: [],
    verdict: { ok: true, lost: 0, duplicated: 0, oversold: 0, undersold: 0, drift: 0, failed: 0 },
  });
  for (const figure of ['accepted', 'compared', 'confirmed', 'cancelled']) {
    expect(report[figure], figure).toBeGreaterThan(0);
  }
  const faults: { fault: string; recoveredMs: number }[] = report.faults;
  expect(faults.map(({ fault }) => fault).toSorted()).toEqual(SELECTED.toSorted());
  for (const { recoveredMs } of faults) expect(recoveredMs).toBeLessThan(60_000);
  const reason = 'not selected by --faults';
  const others = FAULT_NAMES.filter((fault) => !SELECTED.includes(fault));
  expect(report.notRun).toEqual(others.map((fault) => ({ fault, reason })));
  expect(await readdir(join(dataDir, 'chaos'))).toEqual(['run']);
  expect(await readdir(join(dataDir, 'chaos', 'run'))).toEqual([]);
});
