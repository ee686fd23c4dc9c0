/**
 * Runs a TypeScript command of this project on the Node it needs: `node commands/bootstrap.mjs
 * [options of Node] <command.ts> [arguments]`. Installs missing dependencies first; `--install`
 * alone does only that. Plain JavaScript without dependencies, because it runs on any Node from
 * `NODE_MIN` on, before the install.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installIfNeeded } from './bootstrap/install.mjs';
import { isAtLeast, NODE_MIN, NODE_NEEDED, projectNode } from './bootstrap/node-version.mjs';

const PARENT_POLL_MS = 500;
const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs the command, forwards signals to it, and exits with its exit code. */
function run(node, args) {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  // If this process is killed, the channel closes, which the command notices.
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
  const child = spawn(node, args, { stdio, env: { ...process.env, PATH: path } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  if (process.env.npm_lifecycle_event) endWithParent(() => child.kill('SIGTERM'));
  child.once('error', (error) => fail(`Could not run ${node}: ${error.message}`));
  child.once('exit', (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
  });
}

/** A killed npm sends no signal, so this polls for a change of the parent process. */
function endWithParent(end) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, PARENT_POLL_MS);
  timer.unref();
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

const words = process.argv.slice(2);
const commandAt = words.findIndex((word) => !word.startsWith('--') || word === '--install');
const [command, ...args] = words.slice(Math.max(commandAt, 0));
if (commandAt < 0) {
  fail('usage: node commands/bootstrap.mjs [options of Node] <command.ts> [arguments]');
}
if (!isAtLeast(process.versions.node, NODE_MIN)) {
  fail(`Lastunit needs Node ${NODE_MIN} or newer to install itself; this is ${process.version}.`);
}
try {
  await installIfNeeded(root, console.error);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
if (command !== '--install') {
  const node = projectNode(root);
  if (!node) {
    fail(
      `Lastunit runs on Node ${NODE_NEEDED}; this is ${process.version}, and the install added ` +
        'none (does npm have ignore-scripts set?). Install Node 24 or run: npm ci --include=dev',
    );
  }
  run(node, [...words.slice(0, commandAt), join(root, command), ...args]);
}
