import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findProcess } from '../../shared/services/processes/identity.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { startPart } from './node-process.ts';
import type { Part } from './parts.ts';

async function partRunning(source: string): Promise<Part> {
  const dataDir = await temporaryFolder();
  const script = join(dataDir, 'part.mjs');
  await writeFile(script, source);
  return { role: 'worker', name: 'worker-1', script, dataDir, env: { GREETING: 'hello' } };
}

const never = new AbortController().signal;
const STAY = 'setInterval(() => {}, 1000);';

test('a process has started when it reports that it is ready, and ends at SIGTERM', async () => {
  const part = await partRunning(`${STAY} process.send({ type: 'ready' });`);
  const running = await startPart(part, never);
  onTestFinished(() => running.stop(0));
  expect(findProcess(running.pid)).toBeDefined();
  await running.stop();
  expect(await running.exited).toEqual({ code: null, signal: 'SIGTERM' });
});

test('the error of a process that ends before it is ready contains its last output', async () => {
  const part = await partRunning(`console.error(process.env.GREETING + ' from the part');
    process.exit(3);`);
  const failure = await startPart(part, never).catch(String);
  expect(failure).toContain('exited with code 3 before it was ready');
  expect(failure).toContain('hello from the part');
});

test('an aborted start ends the process', async () => {
  const part = await partRunning(STAY);
  const stopping = new AbortController();
  const starting = startPart(part, stopping.signal);
  stopping.abort();
  await expect(starting).rejects.toThrow('was stopped');
});

test('a process that ignores SIGTERM is killed at its deadline', async () => {
  const part = await partRunning(`process.on('SIGTERM', () => {}); ${STAY}
    process.send({ type: 'ready' });`);
  const running = await startPart(part, never);
  await running.stop(100);
  expect(await running.exited).toEqual({ code: null, signal: 'SIGKILL' });
});
