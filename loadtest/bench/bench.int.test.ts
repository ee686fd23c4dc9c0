import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockDataDir } from '../../shared/services/data-lock.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { runLoadProgram } from '../testing/run-load-program.ts';
import { PROCESSES } from './report/report.ts';

const MAIN = new URL('main.ts', import.meta.url);
/** The quick form takes a tenth of this on an idle machine. */
const BENCH_TIMEOUT_MS = 120_000;

const bench = (dataDir: string, ...args: string[]) => runLoadProgram({ main: MAIN, args, dataDir });

/** Enough to measure everything once. */
const SIZES = ['--checkouts', '120', '--warm-up', '20', '--part-operations', '256'];

const positive = expect.toSatisfy((value) => Number.isFinite(value) && value > 0, 'is positive');
const notNegative = expect.toSatisfy(
  (value) => Number.isFinite(value) && value >= 0,
  'is not negative',
);
const cpu = {
  cpuMicros: Object.fromEntries(PROCESSES.map((name) => [name, notNegative])),
  cpuMicrosTotal: notNegative,
};
const loop = { perSecond: positive, acceptedPerSecond: positive, ...cpu, indexing: cpu };
const spread = { p50: positive, p90: positive, p99: positive, max: positive };
const verdict = { ok: true, pending: 0, lost: 0, oversold: 0, undersold: 0, drift: 0 };

test('the quick form measures everything, checks the verdict and removes its data', {
  timeout: BENCH_TIMEOUT_MS,
}, async () => {
  const dataDir = await temporaryFolder();
  const { code, out, err } = await bench(dataDir, '--quick', '--markdown', ...SIZES);
  expect(code, err).toBe(0);
  const report = JSON.parse(out.trim().split('\n').at(-1) ?? '');
  expect(report).toMatchObject({
    ok: true,
    problems: [],
    options: { isQuick: true },
    machine: { cores: positive, node: process.versions.node },
    disturbance: { foreignShare: notNegative, warnings: expect.any(Array) },
    hot: loop,
    spread: loop,
    single: loop,
    batchGain: positive,
    latency: { offeredPerSecond: 200, outcomeMs: spread, acceptedMs: spread, ...cpu },
    oneRequest: { offeredPerSecond: 200, outcomeMs: spread, ...cpu },
    limit: { perSecond: positive, share: positive, cpuShare: positive },
    verdicts: { batched: verdict, single: verdict, parts: verdict },
  });
  expect(report.parts).toHaveLength(8);
  for (const part of report.parts) expect(part).toMatchObject({ perSecond: positive, ...cpu });
  expect(report.latency.path).toHaveLength(4);
  expect(report.oneRequest.path).toHaveLength(4);
  expect(out).toContain('| HOT, one SKU |');
  expect(await readdir(dataDir)).toEqual([]);
});

test('a bench fails if its data folder is in use: it names the process and leaves the lock', async () => {
  const dataDir = await temporaryFolder();
  const lock = await lockDataDir(join(dataDir, 'bench'));
  const { code, err } = await bench(dataDir, '--quick');
  expect(code).toBe(1);
  expect(err).toContain(`in use by process ${process.pid}`);
  await access(join(dataDir, 'bench', 'run', 'lock.json'));
  await lock.release();
});

test('prints its help and explains invalid options', async () => {
  const dataDir = await temporaryFolder();
  const help = await bench(dataDir, '--help');
  expect(help).toMatchObject({ code: 0, err: '' });
  expect(help.out).toContain('--quick');
  const invalid = await bench(dataDir, '--rounds', 'many');
  expect(invalid).toMatchObject({ code: 1, out: '' });
  expect(invalid.err).toContain('--rounds must be a whole number');
  const unknown = await bench(dataDir, '--against', 'no-such-revision');
  expect(unknown).toMatchObject({ code: 1, out: '' });
  expect(unknown.err).toContain("git finds no revision 'no-such-revision'");
  expect(await readdir(dataDir)).toEqual([]);
});
