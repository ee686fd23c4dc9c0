import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { childEnv } from '../../../shared/runtime/env.ts';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { findGrowth, type GrowthReport } from './run-growth-bench.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** The bench starts and stops servers, two APIs and two workers. */
const BENCH_TIMEOUT_MS = 180_000;

const positive = expect.toSatisfy((value) => Number.isFinite(value) && value > 0, 'is positive');
const rates = { hot: positive, spread: positive };

test('the quick form compares a database with past orders and an empty database', {
  timeout: BENCH_TIMEOUT_MS,
}, async () => {
  const past = ['--past-orders', '400', '--past-products', '30'];
  const args = ['--quick', '--only', 'growth', ...past, '--checkouts', '60', '--warm-up', '20'];
  const env = childEnv({ DATA_DIR: await temporaryFolder() });
  const run = promisify(execFile)(process.execPath, [MAIN, ...args], { env });
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const report: GrowthReport = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(report).toMatchObject({
    pastOrders: 400,
    pastProducts: 30,
    perSecond: { empty: rates, grown: rates },
    share: rates,
    memory: [],
  });
  // On a busy machine the rates may fall short, but the stored past must be consistent.
  expect(report.problems.filter((problem) => problem.includes('verdict'))).toEqual([]);
});

test('names a rate that fell and memory that grew', () => {
  const memoryAfter = (checkouts: number, apiMb: number) => ({ checkouts, apiMb, workerMb: 200 });
  const even = { hot: 1, spread: 0.9 };
  expect(findGrowth(even, [])).toEqual([]);
  expect(findGrowth(even, [memoryAfter(1, 100), memoryAfter(10, 120)])).toEqual([]);
  expect(findGrowth(even, [memoryAfter(1, 100), memoryAfter(10, 121)])).toEqual([
    'the memory of the API has grown from 100 to 121 MB',
  ]);
  expect(findGrowth({ hot: 0.89, spread: 1 }, [])).toHaveLength(1);
});
