import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';

const NEVER_MS = 3_600_000;

/** A process that drains with `drain`, prints what it does, and otherwise runs for ever. */
async function startDraining(drain: string, timeoutMs: number) {
  const script = `
    import { drainOnSignal } from ${JSON.stringify(new URL('shutdown.ts', import.meta.url).href)};
    const say = (word) => process.stdout.write(word + '\\n');
    const log = { info: ({ why }) => say('stopped by ' + why), error: ({ err }) => say(err.message) };
    let finish;
    const onceToldAgain = new Promise((resolve) => { finish = resolve; });
    process.on('SIGUSR2', () => finish());
    drainOnSignal(log, async () => { ${drain}; say('drained'); }, ${timeoutMs});
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => say('heard ' + signal));
    setInterval(() => undefined, 1000);
    say('ready');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const untilSaid = (word: string) => expect.poll(() => said, { timeout: 10_000 }).toContain(word);
  await untilSaid('ready');
  return { child, untilSaid, exit: waitForExit(child), said: () => said };
}

async function waitForExit(child: ChildProcess): Promise<unknown> {
  const allSaid = child.stdout && once(child.stdout, 'end');
  const [code, signal] = await once(child, 'exit');
  await allSaid;
  return signal ?? code;
}

test.each([
  ['SIGTERM', 'SIGINT'],
  ['SIGINT', 'SIGTERM'],
] as const)('%s: the process drains and then ends well', async (signal, another) => {
  const { child, exit, untilSaid, said } = await startDraining('await onceToldAgain', NEVER_MS);
  child.kill(signal);
  await untilSaid(`stopped by ${signal}`);
  // A second signal neither interrupts the draining nor starts another.
  child.kill(another);
  await untilSaid(`heard ${another}`);
  child.kill('SIGUSR2');
  expect(await exit).toBe(0);
  expect(said()).toBe(`ready\nstopped by ${signal}\nheard ${signal}\nheard ${another}\ndrained\n`);
});

test('a process drains when its parent ends', async () => {
  const { child, exit, said } = await startDraining('await null', NEVER_MS);
  child.disconnect();
  expect(await exit).toBe(0);
  expect(said()).toContain('stopped by the parent is gone\ndrained');
});

test('a process that does not drain in time logs it and exits', async () => {
  const { child, exit, said } = await startDraining('await new Promise(() => {})', 50);
  child.kill('SIGTERM');
  expect(await exit).toBe(1);
  expect(said()).toContain('draining did not end within 50 ms');
});

test('draining that fails ends the process with an error', async () => {
  const { child, exit, said } = await startDraining('throw new Error("stuck")', NEVER_MS);
  child.kill('SIGTERM');
  expect(await exit).toBe(1);
  expect(said()).toContain('stuck');
});
