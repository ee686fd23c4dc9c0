import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { withInstallLock } from './install-lock.mjs';
import { reasonToInstall } from './install-state.mjs';

const OUTPUT_CHARS_MAX = 20_000;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Installs the dependencies unless the installed packages fit package-lock.json. */
export async function installIfNeeded(root, log) {
  if (!reasonToInstall(root)) return;
  await withInstallLock(root, log, async () => {
    // Another process may have installed while we waited for the lock.
    const reason = reasonToInstall(root);
    if (!reason) return;
    log(`Installing dependencies: ${reason}. This takes about half a minute.`);
    try {
      await npm(root, 'ci');
    } catch (error) {
      // `npm ci` refuses a lock file that lacks packages of other systems. `npm install` takes the
      // same versions from it.
      if (!/EUSAGE/.test(String(error))) throw error;
      await npm(root, 'install', '--no-save');
    }
    const problem = reasonToInstall(root);
    if (problem) log(`The install succeeded, but ${problem}.`);
  });
}

/**
 * Runs npm. Shows its output if it fails, or at once with `npm --loglevel verbose`. Forwards
 * signals to it and waits for its end, so that no install runs on without the lock.
 */
function npm(root, ...command) {
  const isVerbose = /verbose|silly/.test(process.env.npm_config_loglevel ?? '');
  // Excludes the Node in node_modules, which the install removes.
  const isOutside = (folder) => !folder.startsWith(root);
  const path = (process.env.PATH ?? '').split(delimiter).filter(isOutside).join(delimiter);
  return new Promise((resolve, reject) => {
    // Development dependencies bring the Node that runs the project, so NODE_ENV must not skip
    // them.
    const child = spawn('npm', [...command, '--include=dev', '--no-audit', '--no-fund'], {
      cwd: root,
      env: { ...process.env, PATH: path },
      stdio: ['ignore', isVerbose ? 'inherit' : 'pipe', isVerbose ? 'inherit' : 'pipe'],
      shell: process.platform === 'win32',
    });
    let output = '';
    let stoppedBy;
    const forward = (signal) => {
      stoppedBy = signal;
      child.kill(signal);
    };
    for (const signal of STOP_SIGNALS) process.on(signal, forward);
    const settle = (error) => {
      for (const signal of STOP_SIGNALS) process.off(signal, forward);
      if (error === undefined) resolve();
      else reject(error);
    };
    const keep = (chunk) => {
      output = (output + chunk).slice(-OUTPUT_CHARS_MAX);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.once('error', (error) => settle(new Error(`npm could not be run: ${error.message}`)));
    child.once('close', (code) => {
      const failed = `The install failed: npm ${command[0]} ended with code ${code}.`;
      if (stoppedBy) settle(new Error(`The install was stopped by ${stoppedBy}.`));
      else settle(code === 0 ? undefined : new Error(`${output}\n${failed}`));
    });
  });
}
