import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';

const NEVER_MS = 3_600_000;

/** A process that drains with `drain`, prints what it does, and otherwise runs for ever. */
async function startDraining(drain: string, timeoutMs: number) {
  const script = `
    import { drainOnSignal } from ${JSON.stringify(new URL('shutdown.ts', import.meta.url).href)};
    const print = (word) => process.stdout.write(word + '\\n');
    const log = { info: ({ why }) => print('stopped by ' + why), error: ({ err }) => print(err.message) };
    let finish;
    const untilSigusr2 = new Promise((resolve) => { finish = resolve; });
    process.on('SIGUSR2', () => finish());
    drainOnSignal(log, async () => { ${drain}; print('drained'); }, ${timeoutMs});
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => print('received ' + signal));
    setInterval(() => undefined, 1000);
    print('ready');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const untilPrinted = (word: string) =>
    expect.poll(() => printed, { timeout: 10_000 }).toContain(word);
  await untilPrinted('ready');
  return { child, untilPrinted, exit: waitForExit(child), printed: () => printed };
}

async function waitForExit(child: ChildProcess): Promise<unknown> {
  const allPrinted = child.stdout && once(child.stdout, 'end');
  const [code, signal] = await once(child, 'exit');
  await allPrinted;
  return signal ?? code;
}

test.each([
  ['SIGTERM', 'SIGINT'],
  ['SIGINT', 'SIGTERM'],
  ['SIGHUP', 'SIGTERM'],
] as const)('%s: the process drains and then ends without an error', async (signal, another) => {
  const { child, exit, untilPrinted, printed } = await startDraining(
    'await untilSigusr2',
    NEVER_MS,
  );
  child.kill(signal);
  await untilPrinted(`stopped by ${signal}`);
  // A second signal neither interrupts the draining nor starts it again.
  child.kill(another);
  await untilPrinted(`received ${another}`);
  child.kill('SIGUSR2');
  expect(await exit).toBe(0);
  expect(printed()).toBe(
    `ready\nstopped by ${signal}\nreceived ${signal}\nreceived ${another}\ndrained\n`,
  );
});

test('a process drains when its parent ends', async () => {
  const { child, exit, printed } = await startDraining('await null', NEVER_MS);
  child.disconnect();
  expect(await exit).toBe(0);
  expect(printed()).toContain('stopped by the parent is gone\ndrained');
});

test('a process that does not drain in time logs the timeout and exits', async () => {
  const { child, exit, printed } = await startDraining('await new Promise(() => {})', 50);
  child.kill('SIGTERM');
  expect(await exit).toBe(1);
  expect(printed()).toContain('draining did not end within 50 ms');
});

test('draining that fails ends the process with an error', async () => {
  const { child, exit, printed } = await startDraining('throw new Error("stuck")', NEVER_MS);
  child.kill('SIGTERM');
  expect(await exit).toBe(1);
  expect(printed()).toContain('stuck');
});
