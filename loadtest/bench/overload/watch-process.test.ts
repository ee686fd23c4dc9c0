import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { hasCpuTimes } from '../machine/cpu-times.ts';
import { watchProcess } from './watch-process.ts';

/** Longer than the pause between two rounds of probes. */
const NEXT_ROUND_MS = 500;

/** Starts a server that answers `/missing` with 404 and all else with 200, and notes the paths. */
async function startServer() {
  const seen: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    seen.push(url);
    response.statusCode = url === '/missing' ? 404 : 200;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { plan: { apiUrl, apiPid: process.pid, apiKey: 'key' }, seen };
}

test.runIf(hasCpuTimes())(
  'returns the result of the work, the largest memory and the failed probes',
  async () => {
    const { plan, seen } = await startServer();
    const work = async () => {
      await expect.poll(() => seen.length).toBeGreaterThan(1);
      return 'done';
    };
    const { result, measurements } = await watchProcess(
      { ...plan, paths: ['/', '/missing'] },
      work,
    );
    expect(result).toBe('done');
    expect(measurements.memoryMbMax).toBeGreaterThan(0);
    expect(measurements.probes).toBe(seen.length);
    expect(measurements.probesFailed).toBe(seen.length / 2);
  },
);

test.runIf(hasCpuTimes())('throws the error of the work and stops probing', async () => {
  const { plan, seen } = await startServer();
  const work = async () => {
    await expect.poll(() => seen.length).toBeGreaterThan(0);
    throw new Error('the flood failed');
  };
  await expect(watchProcess({ ...plan, paths: ['/'] }, work)).rejects.toThrow('the flood failed');
  await sleep(NEXT_ROUND_MS);
  const probes = seen.length;
  await sleep(NEXT_ROUND_MS);
  expect(seen).toHaveLength(probes);
});
