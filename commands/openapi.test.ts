import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { childEnv, projectRoot } from '../shared/runtime/env.ts';
import { temporaryFolder } from '../shared/testing/temporary-folder.ts';

const execute = promisify(execFile);
const TIMEOUT_MS = 100_000;
const command = join(projectRoot, 'commands', 'openapi.ts');
const redocly = join(projectRoot, 'node_modules', '.bin', 'redocly');
/** Variables with which Node starts faster. */
const NODE_VARIABLES = ['NODE_COMPILE_CACHE', 'NODE_OPTIONS', 'TEST_BUNDLED'];
/** An environment without the settings of a server. */
const bare = Object.fromEntries(
  Object.entries(childEnv()).filter(([name]) => NODE_VARIABLES.includes(name)),
);
const env = { ...bare, PATH: childEnv()['PATH'], REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
const options = { cwd: projectRoot, env, timeout: TIMEOUT_MS };

test('the command prints the description without a server, a database or a setting', async () => {
  const { stdout } = await execute(process.execPath, [command], { ...options, env: bare });
  const description = JSON.parse(stdout);
  expect(description.openapi).toBe('3.1.0');
  expect(Object.keys(description.paths)).toContain('/v1/checkouts');
});

test('the description passes the linter without a warning', async () => {
  const file = join(await temporaryFolder(), 'openapi.json');
  await execute(process.execPath, [command, file], options);
  const { stderr } = await execute(redocly, ['lint', file], options);
  expect(stderr).toContain('Your API description is valid');
  expect(stderr).not.toMatch(/warning/i);
});
