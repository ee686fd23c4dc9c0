import { rmSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { pause } from '../../runtime/deadline.ts';
import { errorMessage } from '../../runtime/error-message.ts';
import type { Source } from './first-that-works.ts';
import { findOnPath, isExecutable } from './on-path.ts';
import { runCommand } from './run-command.ts';

const UPDATE_TIMEOUT_MS = 120_000;
const INSTALL_TIMEOUT_MS = 600_000;
/** How long to wait for another process that uses apt-get. */
const LOCKED_MS_MAX = 300_000;
const LOCKED_PAUSE_MS = 500;
const LOCKED = /Could not get lock/;
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

/** Returns a source that installs a Debian package as root and finds one of `programs` on the PATH. */
export function debianPackage(name: string, programs: readonly string[]): Source {
  return {
    name: `the Debian package ${name}`,
    fetch: async () => {
      await aptInstall(name);
      const path = await findOnPath(programs);
      if (path === undefined) throw new Error('it was installed but is not on the PATH');
      return path;
    },
  };
}

/** Installs Debian packages without starting their services. Works only as root on Debian. */
export async function aptInstall(...packages: string[]): Promise<void> {
  const aptGet = await findOnPath(['apt-get']);
  if (!aptGet) throw new Error('this machine has no apt-get');
  if (process.getuid?.() !== 0)
    throw new Error(`root is needed to run apt-get install ${packages.join(' ')}`);
  await runApt(aptGet, ['update', '-q'], UPDATE_TIMEOUT_MS);
  const install = ['install', '-y', '-q', '--no-install-recommends', ...packages];
  await withoutStartingServices(() => runApt(aptGet, install, INSTALL_TIMEOUT_MS));
}

/**
 * Runs apt-get, and waits while another process holds its locks: several test workers may need the
 * same package at the same time.
 * @throws Error if it fails, or if the locks are held for five minutes
 */
export async function runApt(
  aptGet: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const giveUpAt = performance.now() + LOCKED_MS_MAX;
  for (;;) {
    try {
      await runCommand(aptGet, args, { timeoutMs, env });
      return;
    } catch (error) {
      if (!LOCKED.test(errorMessage(error)) || performance.now() > giveUpAt) throw error;
    }
    await pause(LOCKED_PAUSE_MS);
  }
}

/**
 * Runs `install` with a policy that forbids Debian to start the installed services. Keeps an
 * existing policy.
 */
async function withoutStartingServices(install: () => Promise<unknown>): Promise<void> {
  if (await isExecutable(SERVICE_POLICY)) {
    await install();
    return;
  }
  const remove = () => rmSync(SERVICE_POLICY, { force: true });
  // A signal may end the process during the installation.
  process.once('exit', remove);
  try {
    await writeFile(SERVICE_POLICY, '#!/bin/sh\nexit 101\n');
    await chmod(SERVICE_POLICY, 0o755);
    await install();
  } finally {
    remove();
    process.off('exit', remove);
  }
}
