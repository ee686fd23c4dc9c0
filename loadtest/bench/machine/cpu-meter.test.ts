import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { startCpuMeter } from './cpu-meter.ts';
import { hasCpuTimes, processSeconds } from './cpu-times.ts';

const BUSY_S = 0.2;
const TICK_S = 0.01;

/** Starts a process that only uses CPU until the test ends. */
function busyProcess(): number {
  const child = spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child.pid ?? 0;
}

test.runIf(hasCpuTimes())('the CPU time of a name is the sum over its processes', async () => {
  const pids = [busyProcess(), busyProcess()];
  const before = pids.map(processSeconds);
  const stop = startCpuMeter({ measured: { both: pids, own: process.pid }, others: [] });
  const used = () => pids.map((pid, index) => processSeconds(pid) - (before[index] ?? 0));
  await expect.poll(() => Math.min(...used())).toBeGreaterThan(BUSY_S);
  const { seconds } = stop();
  const [first = 0, second = 0] = used();
  // The meter began after `before` was read and ended before `used` was.
  expect(seconds.both).toBeGreaterThan(BUSY_S);
  expect(seconds.both).toBeLessThan(first + second + TICK_S);
  expect(seconds.own).toBeLessThan(seconds.both);
});

test.runIf(hasCpuTimes())(
  'CPU time counts as foreign only if its process is not given to the meter',
  async () => {
    const pids = [busyProcess(), busyProcess()];
    const [first = 0, second = 0] = pids;
    const stopAll = startCpuMeter({ measured: { both: pids }, others: [process.pid] });
    const stopFirst = startCpuMeter({ measured: { first }, others: [process.pid] });
    await expect.poll(() => processSeconds(second)).toBeGreaterThan(BUSY_S);
    const [all, onlyFirst] = [stopAll(), stopFirst()];
    expect(onlyFirst.foreignSeconds - all.foreignSeconds).toBeGreaterThan(0);
  },
);
