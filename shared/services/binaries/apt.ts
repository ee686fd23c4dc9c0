import { chmod, rm, writeFile } from 'node:fs/promises';
import { findOnPath, isExecutable } from './on-path.ts';
import { runCommand } from './run-command.ts';

const UPDATE_TIMEOUT_MS = 120_000;
const INSTALL_TIMEOUT_MS = 600_000;
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

/** Installs Debian packages, as root on a Debian-like machine only; starts no system service. */
export async function aptInstall(...packages: string[]): Promise<void> {
  const aptGet = await findOnPath(['apt-get']);
  if (!aptGet) throw new Error('this is not a Debian-like machine (no apt-get)');
  if (process.getuid?.() !== 0)
    throw new Error(`needs root: apt-get install ${packages.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await runCommand(aptGet, ['update', '-q'], { timeoutMs: UPDATE_TIMEOUT_MS, env });
  await withoutStartingServices(() =>
    runCommand(aptGet, ['install', '-y', '-q', '--no-install-recommends', ...packages], {
      timeoutMs: INSTALL_TIMEOUT_MS,
      env,
    }),
  );
}

/** Debian starts what it installs unless this file says no; one that is already there stays. */
async function withoutStartingServices(install: () => Promise<unknown>): Promise<void> {
  if (await isExecutable(SERVICE_POLICY)) {
    await install();
    return;
  }
  await writeFile(SERVICE_POLICY, '#!/bin/sh\nexit 101\n');
  await chmod(SERVICE_POLICY, 0o755);
  try {
    await install();
  } finally {
    await rm(SERVICE_POLICY, { force: true });
  }
}
