import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { skipIfMissing } from '../testing/skip-if-missing.ts';
import { noSmallDisk, smallDisk } from '../testing/small-disk.ts';

const quotedPath = (name: string) => JSON.stringify(new URL(name, import.meta.url).pathname);
/**
 * Logs 2,000 lines, provokes two other messages on standard error, prints `alive` on standard
 * output, and logs `after` when it gets input.
 */
const SCRIPT = `
  import { createLogger } from ${quotedPath('logger.ts')};
  import { ignoreOutputErrors } from ${quotedPath('output.ts')};
  ignoreOutputErrors();
  const log = createLogger('test', 'info');
  let line = 0;
  for (; line < 2_000; line += 1) log.info({ line }, 'x'.repeat(100));
  console.error('what a library prints');
  process.emitWarning('what Node prints');
  process.stdout.write('alive\\n');
  process.stdin.on('data', () => {
    log.info('after');
    process.exit(0);
  });
`;

function start(stderr: number | 'pipe') {
  const args = ['--input-type=module', '-e', SCRIPT];
  return spawn(process.execPath, args, { stdio: ['pipe', 'pipe', stderr] });
}

async function expectAliveUntilInput(child: ReturnType<typeof start>): Promise<void> {
  const [printed] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  expect(printed.toString()).toBe('alive\n');
  const exited = once(child, 'exit');
  child.stdin?.write('end');
  expect(await exited).toEqual([0, null]);
}

test('complete log lines go to standard error', async () => {
  const child = start('pipe');
  const alive = expectAliveUntilInput(child);
  const printed = await text(child.stderr as NodeJS.ReadableStream);
  await alive;
  const lines = printed.split('\n').filter((line) => line.startsWith('{'));
  expect(lines).toHaveLength(2_001);
  expect(JSON.parse(lines[1_999] ?? '')).toMatchObject({ name: 'test', level: 30, line: 1_999 });
});

test('a log without a reader loses lines, and the process continues', async () => {
  const child = start('pipe');
  child.stderr?.destroy();
  await expectAliveUntilInput(child);
});

test(
  'a log on a full disk loses lines, and the process continues',
  skipIfMissing(process.platform === 'linux' ? undefined : 'only Linux has /dev/full'),
  async () => {
    await expectAliveUntilInput(start(openSync('/dev/full', 'a')));
  },
);

describe('on a small disk', skipIfMissing(noSmallDisk), () => {
  test('lines are written again when the disk has space', async () => {
    const disk = await smallDisk(1);
    const path = join(disk.folder, 'log');
    const file = openSync(path, 'a');
    disk.fill();
    const child = start(file);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    disk.free();
    child.stdin?.write('end');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(readFileSync(path, 'utf8')).toContain('"msg":"after"');
  });
});
