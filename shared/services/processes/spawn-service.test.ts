import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { isRunning } from './identity.ts';
import { spawnService, stopSpawned, untilReady } from './spawn-service.ts';

async function spawnIn(dataDir: string, log = vi.fn()) {
  const service = await spawnService({
    dataDir,
    name: 'thing',
    binary: process.execPath,
    args: ['-e', 'setInterval(() => undefined, 1000)'],
    log,
  });
  onTestFinished(() => service.stop(0));
  return { service, log };
}

test.each([
  { blocked: 'logs', warning: 'thing runs without a log' },
  { blocked: 'run', warning: 'the run record of thing' },
])(
  'a service runs and can be stopped even if the folder $blocked cannot be written',
  async ({ blocked, warning }) => {
    const dataDir = await temporaryFolder();
    // A file in place of the folder: even root cannot write there.
    await writeFile(join(dataDir, blocked), '');
    const { service, log } = await spawnIn(dataDir);
    expect(isRunning(service.identity)).toBe(true);
    expect(log).toHaveBeenCalledWith(expect.stringContaining(warning));
    await stopSpawned(dataDir, 'thing', 1_000);
    expect(isRunning(service.identity)).toBe(false);
  },
);

test('stopSpawned ends no service with another name or on other data', async () => {
  const [dataDir, other] = [await temporaryFolder(), await temporaryFolder()];
  const { service } = await spawnIn(other);
  await stopSpawned(dataDir, 'thing', 1_000);
  await stopSpawned(other, 'another', 1_000);
  expect(isRunning(service.identity)).toBe(true);
});

test('a service starts without a warning if its large log cannot be renamed', async () => {
  const dataDir = await temporaryFolder();
  await mkdir(join(dataDir, 'logs', 'thing.log.1'), { recursive: true });
  await writeFile(join(dataDir, 'logs', 'thing.log'), Buffer.alloc(33 * 1024 * 1024));
  const { log } = await spawnIn(dataDir);
  expect(log).not.toHaveBeenCalled();
  expect(await readdir(join(dataDir, 'logs'))).toContain('thing.log');
});

test('the error of a service that is not ready in time has no lines of earlier runs', async () => {
  const dataDir = await temporaryFolder();
  await mkdir(join(dataDir, 'logs'), { recursive: true });
  await writeFile(join(dataDir, 'logs', 'thing.log'), '{"level":50,"msg":"an earlier failure"}\n');
  const { service } = await spawnIn(dataDir);
  const waiting = untilReady(service, { isReady: async () => false, timeoutMs: 1 });
  await expect(waiting).rejects.toThrow(/was not ready after 1 ms.*\n {2}it has logged nothing$/);
});
