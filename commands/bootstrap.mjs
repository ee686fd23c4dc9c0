/**
 * Runs a TypeScript command of this project on the Node it needs: `node commands/bootstrap.mjs
 * <command.ts> [arguments]`. Installs what is missing first; `--install` alone does only that.
 * Plain JavaScript without dependencies, because it runs on any Node from 20 before the install.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installIfNeeded } from './bootstrap/install.mjs';
import { isAtLeast, NODE_NEEDED, NODE_TO_BEGIN, projectNode } from './bootstrap/node-version.mjs';

const PARENT_LOOK_EVERY_MS = 500;
const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs the command to its end and takes over its exit code; every signal is passed on. */
function run(node, args) {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  // The channel tells the command when this process dies without a word (kill -9).
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

/** npm cannot pass on its own violent end, so it is looked for: we then get another parent. */
function endWithParent(end) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, PARENT_LOOK_EVERY_MS);
  timer.unref();
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

const [command, ...args] = process.argv.slice(2);
if (command === undefined) fail('usage: node commands/bootstrap.mjs <command.ts> [arguments]');
if (!isAtLeast(process.versions.node, NODE_TO_BEGIN)) {
  fail(
    `Lastunit needs Node ${NODE_TO_BEGIN} or newer to install itself; this is ${process.version}.`,
  );
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
      `Lastunit runs on Node ${NODE_NEEDED}; this is ${process.version}, and the install brought ` +
        'none (does npm have ignore-scripts set?). Install Node 24 or run: npm ci --include=dev',
    );
  }
  run(node, [join(root, command), ...args]);
}
