import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { killLeftChildren, noteChild } from './running-children.ts';

test('processes that are left running are killed, and ended processes are forgotten', async () => {
  const left = spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' });
  const ended = spawn(process.execPath, ['--eval', ''], { stdio: 'ignore' });
  for (const child of [left, ended]) noteChild(child);
  await once(ended, 'exit');
  await killLeftChildren();
  expect([left.signalCode, ended.exitCode]).toEqual(['SIGKILL', 0]);
  await killLeftChildren();
});
